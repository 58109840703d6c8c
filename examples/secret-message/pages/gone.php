<?php $title = 'Gone — Secret Message'; ?>
<img class="art" src="/art/gone.svg" alt="" width="160" height="120">
<h1>This message is&nbsp;gone</h1>
<p class="lead">Somebody has read it, or it waited too long and disappeared. Nobody can bring it back: there is no
copy. If you expected it, ask your friend for a new one.</p>
<p class="more"><a class="button" href="/">Write a message</a></p>
