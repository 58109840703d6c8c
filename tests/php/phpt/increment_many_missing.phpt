--TEST--
increment of several keys: a missing one is false under its own key
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip pecl puts a NUL byte at the end of the key of a miss');
}
?>
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache(3);
$keys = array_map(key_of(...), ['a', 'b', 'c', 'd']);
$m->set([$keys[0] => 1, $keys[2] => 3]);
$got = $m->increment($keys, 10);
show('increment', array_map(fn($k) => $got[$k], $keys));
show('count', count($got));
$got = $m->decrement($keys);
show('decrement', array_map(fn($k) => $got[$k], $keys));
?>
--EXPECT--
increment: [11, false, 13, false]
count: 4
decrement: [10, false, 12, false]
