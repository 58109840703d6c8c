<?php
$title = 'A secret message for you';
$plain = is_plain_text($message);
?>
<img class="art" src="/art/open.svg" alt="" width="160" height="120">
<h1 id="title">A message for you</h1>
<article class="letter" id="message" dir="auto" aria-labelledby="title"><?= message_html($message) ?></article>
<?php if (!$plain): ?>
<p class="note">Some of this is not text and cannot be shown here.
<a id="bytes" download="secret-message.bin" href="data:application/octet-stream;base64,<?= base64_encode($message) ?>">Save
the exact <?= number_format(strlen($message)) ?> bytes</a></p>
<?php endif ?>
<p class="lead">This was the only copy, and it is already destroyed. Close the page, and the words live on in your
memory&nbsp;only.</p>
<p class="more"><a href="/">Write one back</a></p>
