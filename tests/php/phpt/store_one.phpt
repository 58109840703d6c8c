--TEST--
set, add and replace of one key: stored, refused, and their values
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache();
$k = key_of('k');

show('replace of a missing key', $m->replace($k, 'r'));
show('add of a missing key', $m->add($k, 'a'));
show('add of an existing key', $m->add($k, 'b'));
show('get', $m->get($k));
show('replace of an existing key', $m->replace($k, 'r'));
show('get', $m->get($k));
show('set of an existing key', $m->set($k, 's'));
show('get', $m->get($k));
show('set with all arguments', $m->set($k, 'all', MEMCACHE_USER1, 60, 0));
show('get', [$m->get($k, $flags), $flags]);
$n = key_of('new');
show('set of a missing key', $m->set($n, 'new'));
show('get', $m->get($n));
show('server', $m->getServerStatus(HOST, port()));
?>
--EXPECT--
replace of a missing key: false
add of a missing key: true
add of an existing key: false
get: 'a'
replace of an existing key: true
get: 'r'
set of an existing key: true
get: 's'
set with all arguments: true
get: ['all', 65536]
set of a missing key: true
get: 'new'
server: 1
