<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#f6efe6" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#191420" media="(prefers-color-scheme: dark)">
<title><?= html($title) ?></title>
<link rel="icon" href="/art/seal.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
<script src="/page.js" defer></script>
</head>
<body class="<?= $page ?>">
<header>
<a class="brand" href="/"><img src="/art/seal.svg" alt="" width="28" height="28">Secret Message</a>
</header>
<main>
<?= $body ?>
</main>
<footer>
<p>Read once, then gone. No account, no cookies.</p>
</footer>
</body>
</html>
