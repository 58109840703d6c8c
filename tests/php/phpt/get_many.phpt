--TEST--
get of many keys: hits only, with flags and cas under the same keys
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache(3);
$values = [];
for ($i = 0; $i < 200; $i++) {
    $values[key_of("k$i")] = $i % 3 === 0 ? $i : ($i % 3 === 1 ? "value $i" : [$i => true]);
}
show('set', $m->set($values, null, MEMCACHE_USER1));
$flags = $cas = null;
$got = $m->get([...array_keys($values), key_of('missing')], $flags, $cas);
ksort($got);
ksort($values);
show('all of them', $got === $values);
$counts = array_count_values($flags);
ksort($counts);
show('flags of all', [count($flags), $counts]);
show('cas of all', [count($cas), count(array_filter($cas, is_int(...)))]);
show('same keys', array_diff_key($got, $flags) + array_diff_key($got, $cas));
$flags = $cas = 'untouched';
show('none found', [$m->get([key_of('missing')], $flags, $cas), $flags, $cas]);
show('no keys', $m->get([]));
$k = array_key_first($values);
$flags = ['other' => 1];
$m->get([$k], $flags);
show('an array is extended', array_keys($flags) === ['other', $k]);
show('the same key twice', count($m->get([$k, $k, $k])));
show('array keys do not matter', count($m->get(['x' => $k, 7 => $k])));
show('null among them', [$m->set($k, null), $m->get([$k]) === [$k => null]]);
?>
--EXPECT--
set: true
all of them: true
flags of all: [200, [65536 => 67, 65537 => 66, 66304 => 67]]
cas of all: [200, 200]
same keys: []
none found: [[], 'untouched', 'untouched']
no keys: []
an array is extended: true
the same key twice: 1
array keys do not matter: 1
null among them: [true, true]
