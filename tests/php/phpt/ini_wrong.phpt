--TEST--
ini_set refuses wrong values, says so and keeps the old ones
--FILE--
<?php
require __DIR__ . '/common.inc';
$tries = [
    'chunk_size' => ['0', '-1', 'abc', '32k', '8192', ' 8', '8 ', ''],
    'max_failover_attempts' => ['0', '-1', 'x', '', '3'],
    'protocol' => ['', 'x', 'ascii ', 'ASCII'],
    'hash_strategy' => ['', 'x', 'Standard'],
    'hash_function' => ['', 'md5', 'FNV'],
    'redundancy' => ['0', '-1', 'x', '1'],
    'session_redundancy' => ['0', 'x', '3'],
    'compress_threshold' => ['-1', 'x', '0'],
    'lock_timeout' => ['0', '-1', 'x', '5'],
    'prefix_static_key' => ['a.b', '.', 'ok'],
    'session_prefix_static_key' => ['a.b', 'ok'],
    'allow_failover' => ['0', '1'],
    'default_port' => ['11212'],
    'prefix_host_key' => ['1', '0', 'yes', 'off'],
];
foreach ($tries as $name => $values) {
    foreach ($values as $value) {
        $result = ini_set("memcache.$name", $value);
        echo "$name=$value: ", text($result), ' -> ', text(ini_get("memcache.$name")), "\n";
    }
    ini_restore("memcache.$name");
    show('restored', ini_get("memcache.$name"));
}
show('unknown', ini_set('memcache.no_such_directive', '1'));
?>
--EXPECT--
Warning: ini_set(): memcache.chunk_size must be a positive integer ('0' given)
chunk_size=0: false -> '32768'
Warning: ini_set(): memcache.chunk_size must be a positive integer ('-1' given)
chunk_size=-1: false -> '32768'
Warning: ini_set(): memcache.chunk_size must be a positive integer ('abc' given)
chunk_size=abc: false -> '32768'
Warning: ini_set(): memcache.chunk_size must be a positive integer ('32k' given)
chunk_size=32k: false -> '32768'
chunk_size=8192: '32768' -> '8192'
chunk_size= 8: '8192' -> ' 8'
Warning: ini_set(): memcache.chunk_size must be a positive integer ('8 ' given)
chunk_size=8 : false -> ' 8'
Warning: ini_set(): memcache.chunk_size must be a positive integer ('' given)
chunk_size=: false -> ' 8'
restored: '32768'
Warning: ini_set(): memcache.max_failover_attempts must be a positive integer ('0' given)
max_failover_attempts=0: false -> '20'
Warning: ini_set(): memcache.max_failover_attempts must be a positive integer ('-1' given)
max_failover_attempts=-1: false -> '20'
Warning: ini_set(): memcache.max_failover_attempts must be a positive integer ('x' given)
max_failover_attempts=x: false -> '20'
Warning: ini_set(): memcache.max_failover_attempts must be a positive integer ('' given)
max_failover_attempts=: false -> '20'
max_failover_attempts=3: '20' -> '3'
restored: '20'
Warning: ini_set(): memcache.protocol must be in set {ascii, binary} ('' given)
protocol=: false -> 'ascii'
Warning: ini_set(): memcache.protocol must be in set {ascii, binary} ('x' given)
protocol=x: false -> 'ascii'
Warning: ini_set(): memcache.protocol must be in set {ascii, binary} ('ascii ' given)
protocol=ascii : false -> 'ascii'
protocol=ASCII: 'ascii' -> 'ASCII'
restored: 'ascii'
Warning: ini_set(): memcache.hash_strategy must be in set {standard, consistent} ('' given)
hash_strategy=: false -> 'consistent'
Warning: ini_set(): memcache.hash_strategy must be in set {standard, consistent} ('x' given)
hash_strategy=x: false -> 'consistent'
hash_strategy=Standard: 'consistent' -> 'Standard'
restored: 'consistent'
Warning: ini_set(): memcache.hash_function must be in set {crc32, fnv} ('' given)
hash_function=: false -> 'crc32'
Warning: ini_set(): memcache.hash_function must be in set {crc32, fnv} ('md5' given)
hash_function=md5: false -> 'crc32'
hash_function=FNV: 'crc32' -> 'FNV'
restored: 'crc32'
Warning: ini_set(): memcache.redundancy must be a positive integer ('0' given)
redundancy=0: false -> '1'
Warning: ini_set(): memcache.redundancy must be a positive integer ('-1' given)
redundancy=-1: false -> '1'
Warning: ini_set(): memcache.redundancy must be a positive integer ('x' given)
redundancy=x: false -> '1'
redundancy=1: '1' -> '1'
restored: '1'
Warning: ini_set(): memcache.redundancy must be a positive integer ('0' given)
session_redundancy=0: false -> '2'
Warning: ini_set(): memcache.redundancy must be a positive integer ('x' given)
session_redundancy=x: false -> '2'
session_redundancy=3: '2' -> '3'
restored: '2'
Warning: ini_set(): memcache.compress_threshold must be a positive integer ('-1' given)
compress_threshold=-1: false -> '20000'
Warning: ini_set(): memcache.compress_threshold must be a positive integer ('x' given)
compress_threshold=x: false -> '20000'
compress_threshold=0: '20000' -> '0'
restored: '20000'
Warning: ini_set(): memcache.lock_timeout must be a positive integer ('0' given)
lock_timeout=0: false -> '15'
Warning: ini_set(): memcache.lock_timeout must be a positive integer ('-1' given)
lock_timeout=-1: false -> '15'
Warning: ini_set(): memcache.lock_timeout must be a positive integer ('x' given)
lock_timeout=x: false -> '15'
lock_timeout=5: '15' -> '5'
restored: '15'
Warning: ini_set(): memcache.session_prefix_static_key cannot have dot inside (.)
prefix_static_key=a.b: false -> ''
Warning: ini_set(): memcache.session_prefix_static_key cannot have dot inside (.)
prefix_static_key=.: false -> ''
prefix_static_key=ok: '' -> 'ok'
restored: ''
Warning: ini_set(): memcache.session_prefix_static_key cannot have dot inside (.)
session_prefix_static_key=a.b: false -> ''
session_prefix_static_key=ok: '' -> 'ok'
restored: ''
allow_failover=0: '1' -> '0'
allow_failover=1: '0' -> '1'
restored: '1'
default_port=11212: '11211' -> '11212'
restored: '11211'
prefix_host_key=1: '0' -> '1'
prefix_host_key=0: '1' -> '0'
prefix_host_key=yes: '0' -> 'yes'
prefix_host_key=off: 'yes' -> 'off'
restored: '0'
unknown: false
