--TEST--
cas: stores only what nobody changed; a missing key is a plain false
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache();
$k = key_of('k');

$m->set($k, 'one');
show('get', $m->get($k, $flags, $cas));
show('cas is a positive int', is_int($cas) && $cas > 0);
show('store', $m->cas($k, 'two', 0, 0, $cas));
show('store with the old number', $m->cas($k, 'three', 0, 0, $cas));
show('get', $m->get($k));
show('cas without a number', $m->cas($k, 'four'));
show('flags and expiry', $m->get($k, $flags, $cas) . ' ' . ($m->cas($k, 'five', MEMCACHE_USER3, 60, $cas) ? 'stored' : 'not stored'));
show('get', [$m->get($k, $flags), $flags]);
show('a changed item gets another number', $m->get($k, $flags, $other) . ' ' . ($other !== $cas ? 'other' : 'same'));
$m->get($k, $flags, $cas);
show('many', $m->cas([$k => 'six'], null, 0, 0, $cas));
show('get', $m->get($k));
?>
--EXPECT--
get: 'one'
cas is a positive int: true
store: true
store with the old number: false
get: 'two'
cas without a number: false
flags and expiry: 'two stored'
get: ['five', 262144]
a changed item gets another number: 'five other'
many: true
get: 'six'
