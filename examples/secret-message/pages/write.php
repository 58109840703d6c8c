<?php $title = isset($error) ? 'Not sent — Secret Message' : 'Secret Message'; ?>
<img class="art" src="/art/quill.svg" alt="" width="160" height="120">
<h1>Write something only one person will&nbsp;read</h1>
<p class="lead">You get a link to send to a friend. The first time it is opened it shows your message, and
destroys it. Unread, it disappears by itself.</p>
<form class="card" method="post" action="/" accept-charset="utf-8">
<?php if (isset($error)): ?>
<p class="error" role="alert" id="error"><?= html($error) ?></p>
<?php endif ?>
<label for="message">Your message</label>
<textarea id="message" name="message" rows="7" required autofocus spellcheck="true"
 placeholder="Meet me under the old oak at nine :-)"
 aria-describedby="hint"<?= isset($error) ? ' aria-invalid="true" aria-errormessage="error"' : '' ?>>
<?= html($message ?? '') ?></textarea>
<div class="actions">
<p class="hint" id="hint">Smileys such as <code>:-)</code> turn into pictures.</p>
<button type="submit">Seal it</button>
</div>
</form>
