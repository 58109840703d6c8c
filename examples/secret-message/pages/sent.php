<?php $title = 'Sealed — Secret Message'; ?>
<img class="art" src="/art/sealed.svg" alt="" width="160" height="120">
<h1>Sealed. Now send the&nbsp;link</h1>
<p class="lead">Whoever opens it first reads the message, and nobody after. Don’t open it yourself.</p>
<section class="card" aria-labelledby="for">
<h2 id="for">The link for your friend</h2>
<p class="link" id="link"><?= html($url) ?></p>
<div class="actions">
<p class="hint">Unread, the message disappears in
<time id="countdown" data-seconds="<?= $ttlSec ?>" datetime="PT<?= $ttlSec ?>S"><?= duration($ttlSec) ?></time>.
This page is the only place that knows the link.</p>
<button type="button" id="copy" hidden>Copy link</button>
</div>
<p class="spoken" role="status" id="copied"></p>
</section>
<p class="more"><a href="/">Write another</a></p>
