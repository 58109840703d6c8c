--TEST--
set, add, replace and the others with an array of keys and values
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache(3);
$keys = array_map(key_of(...), ['a', 'b', 'c']);
[$a, $b, $c] = $keys;
$get = fn() => array_values(array_map(fn($k) => $m->get($k), $keys));

show('set', $m->set([$a => 1, $b => 'two', $c => [3]]));
show('get', $get());
show('the second argument is ignored', $m->set([$a => 'x'], 'ignored'));
show('get', $get());
show('flags and expiry hold for all', $m->set([$a => 'f', $b => 'g'], null, MEMCACHE_USER2, 60));
$flags = null;
$m->get([$a, $b], $flags);
ksort($flags);
show('flags', array_values($flags));
show('add with one that exists', $m->add([$a => 'no', key_of('new') => 'yes']));
show('the new one is stored', $m->get(key_of('new')));
show('replace with one that is missing', $m->replace([$a => 'r', key_of('missing') => 'no']));
show('replace', $m->replace([$a => 'r', $b => 's']));
show('append', $m->append([$a => '+', $b => '+']));
show('prepend', $m->prepend([$a => '-', $b => '-']));
show('get', $get());
show('empty array', [$m->set([]), $m->add([]), $m->replace([]), $m->append([]), $m->prepend([]), $m->cas([])]);
show('a bad key is left out', $m->set(['' => 'x', $a => 'ok']));
show('get', $m->get($a));
show('only bad keys', $m->set(['' => 'x']));
show('int keys', $m->set([1234567 => 'int']));
show('get', $m->get('1234567'));
show('delete', $m->delete(1234567));
?>
--EXPECT--
set: true
get: [1, 'two', [3]]
the second argument is ignored: true
get: ['x', 'two', [3]]
flags and expiry hold for all: true
flags: [131072, 131072]
add with one that exists: false
the new one is stored: 'yes'
replace with one that is missing: false
replace: true
append: true
prepend: true
get: ['-r+', '-s+', [3]]
empty array: [false, false, false, false, false, false]
Warning: MemcachePool::set(): Invalid key
a bad key is left out: true
get: 'ok'
Warning: MemcachePool::set(): Invalid key
only bad keys: false
int keys: true
get: 'int'
delete: true
