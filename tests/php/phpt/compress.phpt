--TEST--
Compression: threshold, savings, the flag, wrong arguments
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache();
$stored = function (mixed $value, int $flags = 0) use ($m) {
    $k = key_of('k');
    $m->set($k, $value, $flags);
    $back = $m->get($k, $flags);
    return [$back === $value ? 'same' : 'differs', $flags & MEMCACHE_COMPRESSED ? 'compressed' : 'plain'];
};
mt_srand(7);
for ($noise = ''; strlen($noise) < 30000;) {
    $noise .= chr(mt_rand(0, 255));
}
show('short', $stored(str_repeat('a', 19999)));
show('at the default threshold', $stored(str_repeat('a', 20000)));
show('nothing to save', $stored($noise));
show('asked for', $stored(str_repeat('a', 100), MEMCACHE_COMPRESSED));
show('asked for, but too short to save anything', $stored('abc', MEMCACHE_COMPRESSED));
show('array', $stored(array_fill(0, 5000, 'v')));
show('numbers never', [$stored(12345, MEMCACHE_COMPRESSED), $stored(1.5, MEMCACHE_COMPRESSED), $stored(true, MEMCACHE_COMPRESSED)]);
show('threshold', $m->setCompressThreshold(100));
show('below', $stored(str_repeat('a', 99)));
show('at it', $stored(str_repeat('a', 100)));
show('savings', $m->setCompressThreshold(100, 0.99));
show('not enough saved', $stored(str_repeat('a', 100)));
show('no savings wanted', [$m->setCompressThreshold(100, 0.0), $stored(bin2hex(substr($noise, 0, 500)))]);
show('impossible savings', [$m->setCompressThreshold(100, 1.0), $stored(str_repeat('a', 100))]);
show('off', [$m->setCompressThreshold(0), $stored(str_repeat('a', 100000)), $stored(str_repeat('a', 100), MEMCACHE_COMPRESSED)]);
show('negative threshold', $m->setCompressThreshold(-1));
show('savings above 1', $m->setCompressThreshold(50, 2));
show('savings below 0', $m->setCompressThreshold(50, -0.1));
show('function', memcache_set_compress_threshold($m, -5));
attempt('no arguments', fn() => $m->setCompressThreshold());
attempt('text', fn() => $m->setCompressThreshold('x'));
show('many', $m->set([key_of('a') => str_repeat('a', 1000), key_of('b') => 'b'], null, MEMCACHE_COMPRESSED));
show('get', array_map(strlen(...), array_values($m->get([key_of('a'), key_of('b')]))));
show('a megabyte and more of zeros', $stored(str_repeat("\0", 5_000_000), MEMCACHE_COMPRESSED));
?>
--EXPECT--
short: ['same', 'plain']
at the default threshold: ['same', 'compressed']
nothing to save: ['same', 'plain']
asked for: ['same', 'compressed']
asked for, but too short to save anything: ['same', 'plain']
array: ['same', 'compressed']
numbers never: [['same', 'plain'], ['same', 'plain'], ['same', 'plain']]
threshold: true
below: ['same', 'plain']
at it: ['same', 'compressed']
savings: true
not enough saved: ['same', 'plain']
no savings wanted: [true, ['same', 'compressed']]
impossible savings: [true, ['same', 'plain']]
off: [true, ['same', 'plain'], ['same', 'compressed']]
Warning: MemcachePool::setcompressthreshold(): threshold must be a positive integer
negative threshold: false
Warning: MemcachePool::setcompressthreshold(): min_savings must be a float in the 0..1 range
savings above 1: false
Warning: MemcachePool::setcompressthreshold(): min_savings must be a float in the 0..1 range
savings below 0: false
Warning: memcache_set_compress_threshold(): threshold must be a positive integer
function: false
no arguments: ArgumentCountError: MemcachePool::setcompressthreshold() expects at least 1 argument, 0 given
text: TypeError: MemcachePool::setcompressthreshold(): Argument #1 ($threshold) must be of type int, string given
many: true
get: [1000, 1]
a megabyte and more of zeros: ['same', 'compressed']
