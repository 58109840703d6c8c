--TEST--
Wrong values at start-up: a warning each, and the defaults
--INI--
memcache.chunk_size=x
memcache.protocol=x
memcache.hash_strategy=x
memcache.hash_function=md5
memcache.redundancy=0
memcache.max_failover_attempts=0
memcache.compress_threshold=-1
memcache.lock_timeout=-1
memcache.prefix_static_key=a.b
--FILE--
<?php
require __DIR__ . '/common.inc';
foreach (['chunk_size', 'protocol', 'hash_strategy', 'hash_function', 'redundancy', 'max_failover_attempts', 'compress_threshold', 'lock_timeout', 'prefix_static_key'] as $name) {
    show($name, ini_get("memcache.$name"));
}
$m = memcache();
show('works', [$m->set(key_of('k'), 'v'), $m->get(key_of('k'))]);
?>
--EXPECT--

Warning: PHP Startup: memcache.max_failover_attempts must be a positive integer ('0' given) in Unknown on line 0

Warning: PHP Startup: memcache.chunk_size must be a positive integer ('x' given) in Unknown on line 0

Warning: PHP Startup: memcache.protocol must be in set {ascii, binary} ('x' given) in Unknown on line 0

Warning: PHP Startup: memcache.hash_strategy must be in set {standard, consistent} ('x' given) in Unknown on line 0

Warning: PHP Startup: memcache.hash_function must be in set {crc32, fnv} ('md5' given) in Unknown on line 0

Warning: PHP Startup: memcache.redundancy must be a positive integer ('0' given) in Unknown on line 0

Warning: PHP Startup: memcache.compress_threshold must be a positive integer ('-1' given) in Unknown on line 0

Warning: PHP Startup: memcache.lock_timeout must be a positive integer ('-1' given) in Unknown on line 0

Warning: PHP Startup: memcache.session_prefix_static_key cannot have dot inside (.) in Unknown on line 0
chunk_size: '32768'
protocol: 'ascii'
hash_strategy: 'consistent'
hash_function: 'crc32'
redundancy: '1'
max_failover_attempts: '20'
compress_threshold: '20000'
lock_timeout: '15'
prefix_static_key: ''
works: [true, 'v']
