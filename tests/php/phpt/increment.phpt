--TEST--
increment and decrement: numbers, limits, misses, several keys
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache();
[$a, $b] = array_map(key_of(...), ['a', 'b']);
show('missing', [$m->increment($a), $m->decrement($a)]);
show('the default is not used in the ascii protocol', [$m->increment($a, 1, 5), $m->get($a)]);
$m->set($a, 10);
show('by one', $m->increment($a));
show('by five', $m->increment($a, 5));
show('down', $m->decrement($a, 6));
show('not below zero', $m->decrement($a, 100));
show('by zero', $m->increment($a, 0));
show('negative is the other way', [$m->increment($a, 7), $m->increment($a, -2), $m->decrement($a, -10)]);
show('still an int', $m->get($a));
$m->set($a, '41');
show('digits in a string', [$m->increment($a), $m->get($a)]);
$m->set($a, 100);
show('shorter number', [$m->decrement($a, 95), $m->get($a)]);
$m->set([$a => 1, $b => 2]);
show('many', array_values($m->increment([$a, $b], 10)));
show('many down', array_values($m->decrement([$a, $b])));
show('no keys', [$m->increment([]), $m->decrement([])]);
show('a large number', [$m->set($a, PHP_INT_MAX - 1), $m->increment($a), $m->increment($a)]);
attempt('no arguments', fn() => $m->increment());
attempt('wrong amount', fn() => $m->increment($a, 'x'));
?>
--EXPECT--
missing: [false, false]
the default is not used in the ascii protocol: [false, false]
by one: 11
by five: 16
down: 10
not below zero: 0
by zero: 0
negative is the other way: [7, 5, 15]
still an int: 15
digits in a string: [42, '42']
shorter number: [5, 5]
many: [11, 12]
many down: [10, 11]
no keys: [[], []]
a large number: [true, 9223372036854775807, 9223372036854775807]
no arguments: ArgumentCountError: MemcachePool::increment() expects at least 1 argument, 0 given
wrong amount: TypeError: MemcachePool::increment(): Argument #2 ($value) must be of type int, string given
