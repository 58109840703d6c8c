--TEST--
Flags: user bits are kept and come back with the type bits; the low two bytes are refused
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache();
$k = key_of('k');
foreach ([0, MEMCACHE_USER1, MEMCACHE_USER2, MEMCACHE_USER3, MEMCACHE_USER4, MEMCACHE_USER1 | MEMCACHE_USER4, 0x100000, 0x80000000, 0xffff0000, -65536] as $given) {
    foreach (['s', 1, 1.5, true, null] as $value) {
        $m->set($k, $value, $given);
        $m->get($k, $flags);
        printf("%x %s -> %x\n", $given, text($value), $flags);
    }
}
foreach ([1, 3, 4, 0x10, 0x100, 0x300, 0xffff, -1, true] as $refused) {
    show('refused ' . text($refused), $m->set($k, 'v', $refused));
}
show('nothing was sent', $m->get($k));
show('false is 0', $m->set($k, 'v', false));
show('refused for each method', [$m->add($k, 'v', 1), $m->replace($k, 'v', 1), $m->append($k, 'v', 1), $m->prepend($k, 'v', 1), $m->cas($k, 'v', 1)]);
show('refused for an array', $m->set([$k => 'v', key_of('l') => 'v'], null, 1));
?>
--EXPECT--
0 's' -> 0
0 1 -> 300
0 1.5 -> 700
0 true -> 100
0 NULL -> 1
10000 's' -> 10000
10000 1 -> 10300
10000 1.5 -> 10700
10000 true -> 10100
10000 NULL -> 10001
20000 's' -> 20000
20000 1 -> 20300
20000 1.5 -> 20700
20000 true -> 20100
20000 NULL -> 20001
40000 's' -> 40000
40000 1 -> 40300
40000 1.5 -> 40700
40000 true -> 40100
40000 NULL -> 40001
80000 's' -> 80000
80000 1 -> 80300
80000 1.5 -> 80700
80000 true -> 80100
80000 NULL -> 80001
90000 's' -> 90000
90000 1 -> 90300
90000 1.5 -> 90700
90000 true -> 90100
90000 NULL -> 90001
100000 's' -> 100000
100000 1 -> 100300
100000 1.5 -> 100700
100000 true -> 100100
100000 NULL -> 100001
80000000 's' -> 80000000
80000000 1 -> 80000300
80000000 1.5 -> 80000700
80000000 true -> 80000100
80000000 NULL -> 80000001
ffff0000 's' -> ffff0000
ffff0000 1 -> ffff0300
ffff0000 1.5 -> ffff0700
ffff0000 true -> ffff0100
ffff0000 NULL -> ffff0001
ffffffffffff0000 's' -> ffff0000
ffffffffffff0000 1 -> ffff0300
ffffffffffff0000 1.5 -> ffff0700
ffffffffffff0000 true -> ffff0100
ffffffffffff0000 NULL -> ffff0001
Warning: MemcachePool::set(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
refused 1: false
Warning: MemcachePool::set(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
refused 3: false
Warning: MemcachePool::set(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
refused 4: false
Warning: MemcachePool::set(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
refused 16: false
Warning: MemcachePool::set(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
refused 256: false
Warning: MemcachePool::set(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
refused 768: false
Warning: MemcachePool::set(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
refused 65535: false
Warning: MemcachePool::set(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
refused -1: false
Warning: MemcachePool::set(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
refused true: false
nothing was sent: false
false is 0: true
Warning: MemcachePool::add(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
Warning: MemcachePool::replace(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
Warning: MemcachePool::append(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
Warning: MemcachePool::prepend(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
Warning: MemcachePool::cas(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
refused for each method: [false, false, false, false, false]
Warning: MemcachePool::set(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
Warning: MemcachePool::set(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use
refused for an array: false
