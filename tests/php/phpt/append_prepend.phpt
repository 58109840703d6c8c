--TEST--
append and prepend: need an existing item, keep its flags, convert their value as set does
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache();
$k = key_of('k');

show('append to nothing', $m->append($k, 'x'));
show('prepend to nothing', $m->prepend($k, 'x'));
show('set', $m->set($k, 'mid', MEMCACHE_USER1));
show('append', $m->append($k, '>'));
show('prepend', $m->prepend($k, '<'));
show('get', [$m->get($k, $flags), $flags]);
show('append an int', $m->append($k, 5));
show('append a bool', $m->append($k, true));
show('get', [$m->get($k, $flags), $flags]);
$n = key_of('n');
show('set an int', $m->set($n, 1));
show('append digits', $m->append($n, '23'));
show('get', $m->get($n));
show('increment', $m->increment($n));
?>
--EXPECT--
append to nothing: false
prepend to nothing: false
set: true
append: true
prepend: true
get: ['<mid>', 65536]
append an int: true
append a bool: true
get: ['<mid>51', 65536]
set an int: true
append digits: true
get: 123
increment: 124
