--TEST--
get of one key: hit, miss, empty value, references
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache();
$k = key_of('k');
$flags = $cas = 'untouched';
show('miss', [$m->get($k, $flags, $cas), $flags, $cas]);
$m->set($k, '', MEMCACHE_USER1);
show('empty value', [$m->get($k, $flags, $cas), $flags, is_int($cas)]);
$m->set($k, null);
show('null comes back as false', $m->get($k));
$object = new stdClass;
$object->flags = 'old';
$list = ['flags' => 'old'];
$m->set($k, 12);
show('references to properties and elements', [$m->get($k, $object->flags, $list['cas']), $object->flags, is_int($list['cas'])]);
attempt('no arguments', fn() => $m->get());
attempt('four arguments', fn() => $m->get($k, $flags, $cas, 1));
attempt('function without object', fn() => memcache_get($k));
attempt('named arguments', fn() => $m->get(key: $k));
?>
--EXPECT--
miss: [false, 'untouched', 'untouched']
empty value: ['', 65536, true]
null comes back as false: false
references to properties and elements: [12, 768, true]
no arguments: ArgumentCountError: MemcachePool::get() expects at least 1 argument, 0 given
four arguments: ArgumentCountError: MemcachePool::get() expects at most 3 arguments, 4 given
function without object: ArgumentCountError: memcache_get() expects at least 2 arguments, 1 given
named arguments: 12
