<?php $title = 'Back soon — Secret Message'; ?>
<img class="art" src="/art/down.svg" alt="" width="160" height="120">
<h1>The mailbox is closed for a&nbsp;moment</h1>
<p class="lead">The servers that keep the messages do not answer. Nothing was stored and nothing was shown; please try
again in a few seconds.</p>
<p class="more"><a class="button" href="">Try again</a></p>
