<?php
declare(strict_types=1);

/** Sends one page: pages/$page.php inside pages/layout.php, with $with as its variables. */
function show(string $page, int $status = 200, array $with = []): void
{
    http_response_code($status);
    header_remove('X-Powered-By');
    header('Content-Type: text/html; charset=utf-8');
    // Nothing from elsewhere and nothing inline: even markup that slipped through would be inert.
    header("Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; "
        . "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    header('Cache-Control: no-store');
    header('Referrer-Policy: no-referrer');
    header('X-Robots-Tag: noindex, nofollow, noarchive');
    header('X-Content-Type-Options: nosniff');
    header('X-Frame-Options: DENY');
    header('Cross-Origin-Opener-Policy: same-origin');

    extract($with);
    ob_start();
    require __DIR__ . "/../pages/$page.php"; // sets $title
    $body = ob_get_clean();
    require __DIR__ . '/../pages/layout.php';
}

/** The address a friend can open; nothing but this site's own name and the id is in it. */
function message_url(string $id): string
{
    $scheme = empty($_SERVER['HTTPS']) || $_SERVER['HTTPS'] === 'off' ? 'http' : 'https';
    return "$scheme://{$_SERVER['HTTP_HOST']}/m/$id";
}

/**
 * Whether this request only looks at a link and has no person reading: chat programs, search
 * engines and browsers fetch links ahead of a click, and must not burn the message.
 *
 * The headers are what browsers send when they prefetch or prerender. The names are those of the
 * preview fetchers of the large chat programs. A person taken for one of them (a phone called
 * "CUBOT") is shown the sealed envelope and opens it with its button.
 */
function is_only_looking(): bool
{
    $purpose = ($_SERVER['HTTP_SEC_PURPOSE'] ?? '') . ' ' . ($_SERVER['HTTP_PURPOSE'] ?? '') . ' '
        . ($_SERVER['HTTP_X_PURPOSE'] ?? '') . ' ' . ($_SERVER['HTTP_X_MOZ'] ?? '');
    return preg_match('/prefetch|prerender|preview/i', $purpose)
        || preg_match(
            '~bot\b|crawler|spider|preview|facebookexternalhit|^WhatsApp/|Slack-ImgProxy|Iframely'
            . '|Embedly|vkShare|Google-Safety|Mastodon/|Synapse/~i',
            $_SERVER['HTTP_USER_AGENT'] ?? '',
        );
}
