<?php
// Secret Message: a message that can be read once. Three requests, all of them here:
//
//   GET  /        the form               POST /        stores the message, shows its link
//   GET  /m/ID    shows and destroys it  POST /m/ID    the same, from the sealed envelope's button
//
// ../lib/mailbox.php explains why two readers can never both see a message.
declare(strict_types=1);

ini_set('display_errors', '0');
ini_set('log_errors', '1');

require __DIR__ . '/../lib/http.php';
require __DIR__ . '/../lib/mailbox.php';
require __DIR__ . '/../lib/text.php';

// Half of the 1 MB that memcached keeps in one item by default.
const MESSAGE_LIMIT_BYTES = 512 * 1024;

$method = $_SERVER['REQUEST_METHOD'];
$path = explode('?', $_SERVER['REQUEST_URI'], 2)[0];

// PHP's own web server asks this script first even for files; others serve them by themselves.
if (PHP_SAPI === 'cli-server' && $path !== '/index.php' && is_file(__DIR__ . $path)) {
    return false;
}

match (true) {
    $path === '/' && $method === 'POST' => write_message(),
    $path === '/' => show('write'),
    preg_match('~^/m/([0-9a-f]{32})$~D', $path, $part) === 1 => open_message($part[1], $method),
    default => show('lost', 404),
};

function write_message(): void
{
    $message = $_POST['message'] ?? '';
    $tooLong = 'This message is too long: the limit is ' . (MESSAGE_LIMIT_BYTES / 1024)
        . ' KB. Shorten it, or send it in parts.';

    $sentBytes = (int) ($_SERVER['CONTENT_LENGTH'] ?? 0);
    if ($_POST === [] && $sentBytes > ini_parse_quantity(ini_get('post_max_size'))) {
        show('write', 413, ['error' => $tooLong]); // PHP has dropped the text already
    } elseif (!is_string($message) || trim($message, " \t\r\n") === '') {
        show('write', 422, ['error' => 'Write something first: an empty message keeps no secret.']);
    } elseif (strlen($message) > MESSAGE_LIMIT_BYTES) {
        show('write', 413, ['error' => $tooLong, 'message' => $message]);
    } else {
        try {
            $mailbox = mailbox();
            $url = message_url($mailbox->put($message));
            show('sent', 201, ['url' => $url, 'ttlSec' => $mailbox->ttlSec]);
        } catch (MessageRefused) {
            show('write', 507, [
                'error' => 'The servers have no room for this message. Nothing was stored; a shorter '
                    . 'one may fit.',
                'message' => $message,
            ]);
        } catch (ServersDown) {
            show('write', 503, [
                'error' => 'The servers that keep the messages do not answer. Nothing was stored; your '
                    . 'text is still here, please try again in a few seconds.',
                'message' => $message,
            ]);
        }
    }
}

function open_message(string $id, string $method): void
{
    if ($method !== 'POST' && ($method !== 'GET' || is_only_looking())) {
        // 503 makes a browser throw its prefetched copy away and ask again at the click.
        show('sealed', isset($_SERVER['HTTP_SEC_PURPOSE']) ? 503 : 200);
        return;
    }
    try {
        $message = mailbox()->take($id);
        $message === null ? show('gone', 410) : show('message', 200, ['message' => $message]);
    } catch (ServersDown) {
        show('down', 503);
    }
}
