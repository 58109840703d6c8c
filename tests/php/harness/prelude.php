<?php
/* What the php of a recorded scenario may use: H, P(i), M(), MP(), K(), d(), $MSG. The scenario file
   defines BASE_PORT and DROPPED (a message text to ignore, or '') before it includes this file. */
error_reporting(E_ALL);
date_default_timezone_set('UTC');
ini_set('serialize_precision', '-1');
$MSG = [];
set_error_handler(function ($level, $text) use (&$MSG) {
    if (DROPPED === '' || !str_contains($text, DROPPED)) {
        $MSG[] = [$level, esc($text)];
    }
    return true;
});
const H = '127.0.0.1';

function esc($s)
{
    return preg_replace_callback('/[^\x20-\x7e]|\x5c/', fn($m) => $m[0] === '\\' ? '\\\\' : sprintf('\\x%02x', ord($m[0])), $s);
}

/** A value in PHP syntax, one line, printable; long strings as length and md5. */
function d($v)
{
    if (is_string($v)) {
        if (strlen($v) > 600) {
            return sprintf('str(len=%d,md5=%s)', strlen($v), md5($v));
        }
        return preg_match('/[^\x20-\x7e]/', $v) ? '"' . str_replace('"', '\\"', esc($v)) . '"' : "'" . addcslashes($v, "'\\") . "'";
    }
    if (is_array($v) || is_object($v)) {
        $parts = [];
        foreach ((array)$v as $k => $x) {
            $parts[] = d($k) . ' => ' . d($x);
        }
        return is_array($v) ? '[' . implode(', ', $parts) . ']' : get_class($v) . '{' . implode(', ', $parts) . '}';
    }
    return is_resource($v) ? 'resource(' . get_resource_type($v) . ')' : var_export($v, true);
}

/** The array with its keys in order, for answers that arrive in any order. */
function K($a)
{
    if (is_array($a)) {
        ksort($a);
    }
    return $a;
}

/** Port of server i. */
function P($i)
{
    return BASE_PORT + $i;
}

/** A Memcache with n servers, none persistent. */
function M($n = 1, $timeout = 1, $retry = 15)
{
    $m = new Memcache;
    for ($i = 0; $i < $n; $i++) {
        $m->addServer(H, P($i), false, 1, $timeout, $retry);
    }
    return $m;
}

/** A MemcachePool with n servers, none persistent. */
function MP($n = 1, $udp = 0, $timeout = 1, $retry = 15)
{
    $m = new MemcachePool;
    for ($i = 0; $i < $n; $i++) {
        $m->addServer(H, P($i), $udp ? P($i) : 0, false, 1, $timeout, $retry);
    }
    return $m;
}
