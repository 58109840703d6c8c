<?php $title = 'A secret message is waiting for you'; ?>
<img class="art" src="/art/sealed.svg" alt="" width="160" height="120">
<h1>A secret message is waiting for&nbsp;you</h1>
<p class="lead">It can be read once. It is still sealed: programs that only preview links cannot open it.</p>
<form class="center" method="post">
<button type="submit">Break the seal</button>
</form>
