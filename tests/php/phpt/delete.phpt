--TEST--
delete: one key, many keys, the time argument is not used
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache();
[$a, $b, $c] = array_map(key_of(...), ['a', 'b', 'c']);
$m->set([$a => 1, $b => 2, $c => 3]);
show('delete', $m->delete($a));
show('again', $m->delete($a));
show('get', $m->get($a));
show('time', [$m->delete($b, 30), $m->add($b, 'at once')]);
show('many', $m->delete([$b, $c]));
show('many with one missing', [$m->set($b, 1), $m->delete([$b, $c])]);
show('which is gone', $m->get($b));
show('none', $m->delete([]));
show('empty key', $m->delete(''));
show('many with an empty key', [$m->set($b, 1), $m->delete(['', $b])]);
attempt('no arguments', fn() => $m->delete());
attempt('wrong time', fn() => $m->delete($a, 'x'));
?>
--EXPECT--
delete: true
again: false
get: false
time: [true, true]
many: true
many with one missing: [true, false]
which is gone: false
none: false
Warning: MemcachePool::delete(): Invalid key
empty key: false
Warning: MemcachePool::delete(): Invalid key
many with an empty key: [true, true]
no arguments: ArgumentCountError: MemcachePool::delete() expects at least 1 argument, 0 given
wrong time: TypeError: MemcachePool::delete(): Argument #2 ($exptime) must be of type int, string given
