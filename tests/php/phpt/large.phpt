--TEST--
Many keys, long keys and large values at once
--INI--
memory_limit=256M
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache(3);
$m->setCompressThreshold(0);
$items = [];
for ($i = 0; $i < 5000; $i++) {
    $items[key_of(str_pad((string)$i, 200, '.', STR_PAD_LEFT))] = "value $i";
}
show('set', $m->set($items));
$got = $m->get(array_keys($items), $flags, $cas);
ksort($got);
ksort($items);
show('get', [$got === $items, count($flags), count($cas)]);
show('delete', $m->delete(array_keys($items)));
show('gone', $m->get(array_keys($items)));
$large = [];
for ($i = 0; $i < 30; $i++) {
    $large[key_of("large $i")] = str_repeat(chr(65 + $i % 26), 900000);
}
show('set large', $m->set($large));
$got = $m->get(array_keys($large));
show('get large', [count($got), array_sum(array_map(strlen(...), $got)) === 900000 * count($got)]);
$same = array_filter($got, fn($v) => $v === str_repeat($v[0], 900000));
show('each is its own', count($same) === count($got));
?>
--EXPECT--
set: true
get: [true, 5000, 5000]
delete: true
gone: []
set large: true
get large: [30, true]
each is its own: true
