<?php
declare(strict_types=1);

/** A server that had to answer did not. What happened to the message is not known. */
final class ServersDown extends RuntimeException {}

/** The servers are up, and none would keep this message: too large for them, or they are full. */
final class MessageRefused extends RuntimeException {}

/**
 * The place where messages wait: two (or more) memcached servers, one item per message, no more.
 *
 * A message is shown to one reader at most. This is why that holds:
 *
 *  - A message lies on one server only. Failover is switched off: with it, a write whose answer is
 *    lost is repeated on the next server and leaves two copies, and two readers who do not agree
 *    about which server is alive would each find one. When a server is down, put() takes a new id
 *    instead, until one falls on a server that answers. An id is told to nobody before its message
 *    is stored, so a copy left behind by a lost answer can never be opened, and expires.
 *  - An id is written once, by add(), and never again. What delete() removes is what get() gave.
 *  - delete() is the decision. The server carries out one delete of a key at a time and answers
 *    DELETED to a single caller, NOT_FOUND to all others. Many readers may get() the message;
 *    take() hands it only to the one whose delete() was answered with DELETED.
 *  - A message that expires between get() and delete() is NOT_FOUND: nobody sees it.
 *  - If the answer to delete() is lost, the message may be gone or not. take() then shows nothing
 *    and says so (ServersDown); trying again either finds the message, unread, or finds it gone.
 *
 * So it is "at most once", never "twice": a message may be lost (a server restarts, the reader's
 * network breaks while the page is on its way), because once it is destroyed there is no second
 * copy to show.
 */
final class Mailbox
{
    private const TRIES = 16;

    private readonly MemcachePool $pool;
    private bool $serverFailed = false;

    /**
     * @param list<array{string, int}> $servers host and port; the port of a unix:///path is 0
     * @param int $ttlSec how long a message waits for its reader, 1 to 2592000 seconds (beyond 30
     *                    days memcached would read the number as a date)
     */
    public function __construct(array $servers, public readonly int $ttlSec)
    {
        ini_set('memcache.allow_failover', '0');
        ini_set('memcache.redundancy', '1');

        $this->pool = new MemcachePool();
        foreach ($servers as [$host, $port]) {
            // Not persistent: a connection lives as long as its page, so none is stale, and a
            // server that was down a second ago is asked again.
            $this->pool->addServer($host, $port, 0, false, 1, 1.0);
        }
        $this->pool->setFailureCallback(
            function (string $host, int $port, int $udpPort, ?string $error): void {
                $this->serverFailed = true;
                error_log("secret-message: server $host:$port: " . ($error ?? 'failed'));
            },
        );
    }

    /** Stores a message and returns its id: 128 random bits, as 32 hexadecimal digits. */
    public function put(string $message): string
    {
        for ($try = 0; $try < self::TRIES; $try++) {
            // Hexadecimal: chat programs take a "-" or "_" at the end of a link for punctuation.
            $id = bin2hex(random_bytes(16));
            if ($this->pool->add(self::key($id), $message, 0, $this->ttlSec)) {
                return $id;
            }
        }
        throw $this->serverFailed ? new ServersDown() : new MessageRefused();
    }

    /** Takes the message out and destroys it; null if it was read, expired or never there. */
    public function take(string $id): ?string
    {
        $message = $this->pool->get(self::key($id));
        if ($message !== false && $this->pool->delete(self::key($id))) {
            return $message;
        }
        return $this->serverFailed ? throw new ServersDown() : null;
    }

    private static function key(string $id): string
    {
        return 'secret-message:' . $id;
    }
}

/** The mailbox as the environment describes it: MCRS_SERVERS and MCRS_SECRET_TTL_SEC. */
function mailbox(): Mailbox
{
    if (!class_exists('MemcachePool')) {
        error_log('secret-message: the memcache extension is not loaded');
        throw new ServersDown();
    }
    $servers = [];
    foreach (explode(',', getenv('MCRS_SERVERS') ?: '127.0.0.1:11211,127.0.0.1:11212') as $server) {
        // The port follows the last colon, so [::1]:11211 works; a unix:///path has none.
        $servers[] = preg_match('~^(.+):(\d+)$~', trim($server), $part)
            ? [$part[1], (int) $part[2]]
            : [trim($server), 0];
    }
    $ttlSec = (int) (getenv('MCRS_SECRET_TTL_SEC') ?: 600);
    return new Mailbox($servers, max(1, min($ttlSec, 2592000)));
}
