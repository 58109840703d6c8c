<?php

/**
 * The PHP API of memcache_rs, as reflection shows it; a test compares the two. It is pecl/memcache's
 * to the letter, untyped arguments and odd names included: subclasses have to match it.
 *
 * What is really taken, and the defaults, are stated here for readers; reflection knows no default,
 * so an argument cannot be skipped by name. Numbers of seconds are marked. Keys may be of any type
 * and are converted by PHP's rules; strings are bytes. Return values besides the ones named: false
 * when a server does not answer or the object has no servers, then with a warning.
 *
 * Both classes allow dynamic properties: `connection` (resource of type `memcache connection`),
 * `_failureCallback`, `username` and `password` are ones.
 */

/** Flag of a compressed value; as argument: compress this value whatever its length. */
const MEMCACHE_COMPRESSED = 2;
/** Flags that belong to the application, like all bits from 0x10000 on. */
const MEMCACHE_USER1 = 65536;
const MEMCACHE_USER2 = 131072;
const MEMCACHE_USER3 = 262144;
const MEMCACHE_USER4 = 524288;
/** 1 if the session handler `memcache` is there. This build has none. */
const MEMCACHE_HAVE_SESSION = 0;

class MemcachePool
{
    /**
     * Adds a server and connects to it now. False, with a warning, when that fails; the server stays in
     * the pool, marked failed. $timeout and $retry_interval are seconds; $udp_port other than 0 is
     * refused by this build. $tcp_port defaults to memcache.default_port.
     *
     * @return bool
     */
    public function connect($host, $tcp_port = 11211, $udp_port = 0, $persistent = true, $weight = 1, $timeout = 1.0, $retry_interval = 15) {}

    /** As connect(), but connects when the server is first needed. $status false: marked failed, and
     *  with $retry_interval -1 never asked until setserverparams(). */
    public function addserver($host, $tcp_port = 11211, $udp_port = 0, $persistent = true, $weight = 1, $timeout = 1.0, $retry_interval = 15, $status = true): bool {}

    /** Changes a server. What is not given gets its default. */
    public function setserverparams(string $host, int $tcp_port = 11211, float $timeout = 1.0, int $retry_interval = 15, bool $status = true, $failure_callback = null): bool {}

    /** Called with (string $host, int $tcp_port, int $udp_port, string $error, int $errnum) for each
     *  server that failed, when the call that met it is over; null: an E_NOTICE instead. */
    public function setfailurecallback(?callable $failure_callback): bool {}

    /** 0 for a server that is marked failed, else 1; false, with a warning, for an unknown one. */
    public function getserverstatus(string $host, int $tcp_port = 11211): int|bool {}

    /** `host:port` of the server that $key goes to now. */
    public function findserver(string $key): string|bool {}

    /** Version of the first server that answers. */
    public function getversion(): string|bool {}

    /**
     * Stores a value, or with an array as $key its values under its keys ($value is then ignored).
     * $exptime: seconds up to 30 days, from there on a time since 1970; 0: never. True when every item
     * was stored. False when there is such a key already.
     */
    public function add(array|string $key, mixed $value = null, int $flags = 0, int $exptime = 0, int $cas = 0): bool {}

    /** As add(), in any case. */
    public function set(array|string $key, mixed $value = null, int $flags = 0, int $exptime = 0, int $cas = 0): bool {}

    /** As add(), if there is such a key. */
    public function replace(array|string $key, mixed $value = null, int $flags = 0, int $exptime = 0, int $cas = 0): bool {}

    /** As add(), if the item still has the CAS id $cas that get() gave. */
    public function cas(array|string $key, mixed $value = null, int $flags = 0, int $exptime = 0, int $cas = 0): bool {}

    /** Puts the value behind a stored one; $flags and $exptime of that stay. */
    public function append(array|string $key, mixed $value = null, int $flags = 0, int $exptime = 0, int $cas = 0): bool {}

    /** Puts the value before a stored one. */
    public function prepend(array|string $key, mixed $value = null, int $flags = 0, int $exptime = 0, int $cas = 0): bool {}

    /**
     * The value, false if there is none (or a null: ask for $flags to tell). With an array of keys: the
     * values that were found, by key. $flags and $cas are written only for what was found.
     */
    public function get(array|string $key, mixed &$flags = null, mixed &$cas = null): mixed {}

    /** True when every key was there and is gone. $exptime has no effect. */
    public function delete(array|string $key, int $exptime = 0): array|bool {}

    /** Statistics of the first server that has any. $type: reset, malloc, slabs, cachedump, items, sizes. */
    public function getstats(string $type = '', int $slabid = 0, int $limit = 100): array|bool {}

    /** Statistics of every server by `host:port`. */
    public function getextendedstats(string $type = '', int $slabid = 0, int $limit = 100): array|bool {}

    /** Values of at least $threshold bytes (0: none) are compressed when that saves $min_savings (0..1). */
    public function setcompressthreshold(int $threshold, float $min_savings = 0.2): bool {}

    /** The new value, false if the key is missing or no number; with an array of keys: both by key.
     *  $defval and $exptime have no effect in the text protocol. */
    public function increment(array|string $key, int $value = 1, int $defval = 0, int $exptime = 0): array|int|bool {}

    /** As increment(); stops at 0. */
    public function decrement(array|string $key, int $value = 1, int $defval = 0, int $exptime = 0): array|int|bool {}

    /** Forgets all servers; connections that are not persistent close. */
    public function close(): bool {}

    /** Invalidates all items of all servers, after $delay seconds; true if every server did. */
    public function flush(int $delay = 0): bool {}

    /** Keeps both as properties; the text protocol sends nothing. */
    public function setSaslAuthData(string $username, string $password): bool {}
}

class Memcache extends MemcachePool
{
    /**
     * As MemcachePool::connect(), on a connection that ends with the request. At most 3 arguments are
     * taken; null as $port is the default port, for unix sockets 0. $timeout is seconds.
     *
     * @return bool
     */
    public function connect($host, $port = 11211, $timeout = 1.0, $unused4 = null, $unused5 = null, $unused6 = null, $unused7 = null, $unugsed8 = null) {}

    /**
     * As connect(), on a connection that the process keeps.
     *
     * @return bool
     */
    public function pconnect($host, $port = 11211, $timeout = 1.0, $unused4 = null, $unused5 = null, $unused6 = null, $unused7 = null, $unugsed8 = null) {}

    public function addserver($host, $tcp_port = 11211, $persistent = true, $weight = 1, $timeout = 1.0, $retry_interval = 15, $status = true, $failure_callback = null): bool {}
}

/** A new Memcache, connected, or false. @return Memcache|false */
function memcache_connect($host, $port = 11211, $timeout = 1.0, $unused4 = null, $unused5 = null, $unused6 = null, $unused7 = null, $unugsed8 = null) {}

/** As memcache_connect(), on a connection that the process keeps. @return Memcache|false */
function memcache_pconnect($host, $port = 11211, $timeout = 1.0, $unused4 = null, $unused5 = null, $unused6 = null, $unused7 = null, $unugsed8 = null) {}

/** Takes a Memcache and then the arguments of Memcache::addserver(): the names from $tcp_port on are
 *  one off, and only 9 are taken. */
function memcache_add_server(MemcachePool $memcache, $host, $port = 11211, $tcp_port = true, $persistent = 1, $weight = 1.0, $timeout = 15, $retry_interval = true, $status = null, $failure_callback = null): bool {}

function memcache_set_server_params(MemcachePool $memcache, string $host, int $tcp_port = 11211, float $timeout = 1.0, int $retry_interval = 15, bool $status = true, $failure_callback = null): bool {}

function memcache_set_failure_callback(MemcachePool $memcache, ?callable $failure_callback): bool {}

function memcache_get_server_status(MemcachePool $memcache, string $host, int $tcp_port = 11211): int|bool {}

function memcache_get_version(MemcachePool $memcache): string|bool {}

function memcache_add(MemcachePool $memcache, array|string $key, mixed $value = null, int $flags = 0, int $exptime = 0, int $cas = 0): bool {}

function memcache_set(MemcachePool $memcache, array|string $key, mixed $value = null, int $flags = 0, int $exptime = 0, int $cas = 0): bool {}

function memcache_replace(MemcachePool $memcache, array|string $key, mixed $value = null, int $flags = 0, int $exptime = 0, int $cas = 0): bool {}

function memcache_cas(MemcachePool $memcache, array|string $key, mixed $value = null, int $flags = 0, int $exptime = 0, int $cas = 0): bool {}

function memcache_append(MemcachePool $memcache, array|string $key, mixed $value = null, int $flags = 0, int $exptime = 0, int $cas = 0): bool {}

function memcache_prepend(MemcachePool $memcache, array|string $key, mixed $value = null, int $flags = 0, int $exptime = 0, int $cas = 0): bool {}

function memcache_get(MemcachePool $memcache, $key, &$flags = null, &$cas = null): mixed {}

function memcache_delete(MemcachePool $memcache, $key, $exptime = 0): array|bool {}

/** Warns that it does nothing, and returns false. */
function memcache_debug($on_off): bool {}

function memcache_get_stats(MemcachePool $memcache, string $type = '', int $slabid = 0, int $limit = 100): array|bool {}

function memcache_get_extended_stats(MemcachePool $memcache, string $type = '', int $slabid = 0, int $limit = 100): array|bool {}

function memcache_set_compress_threshold(MemcachePool $memcache, int $threshold, float $min_savings = 0.2): bool {}

function memcache_increment(MemcachePool $memcache, array|string $key, int $value = 1, int $defval = 0, int $exptime = 0): array|int|bool {}

function memcache_decrement(MemcachePool $memcache, array|string $key, int $value = 1, int $defval = 0, int $exptime = 0): array|int|bool {}

function memcache_close(MemcachePool $memcache): bool {}

function memcache_flush(MemcachePool $memcache, int $delay = 0): bool {}

function memcache_set_sasl_auth_data(MemcachePool $memcache, string $username, string $password): bool {}
