--TEST--
A value over the server's limit: false and a notice, the server stays in use
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache();
$m->setCompressThreshold(0);
$k = key_of('k');
$m->set($k, 'old');
$large = str_repeat('x', 1100000);
show('set', $m->set($k, $large));
show('the old value is gone, as memcached does it', $m->get($k));
show('server', $m->getServerStatus(HOST, port()));
show('add', $m->add(key_of('l'), $large));
show('set of many', [$m->set([key_of('a') => 'a', key_of('b') => $large, key_of('c') => 'c']), $m->get(key_of('a')), $m->get(key_of('c'))]);
$m->set($k, str_repeat('y', 600000));
show('append over the limit', [$m->append($k, str_repeat('z', 600000)), strlen($m->get($k))]);
show('compressed it fits', [$m->set($k, $large, MEMCACHE_COMPRESSED), $m->get($k) === $large]);
?>
--EXPECTF--
Notice: MemcachePool::set(): Server 127.0.0.1 (tcp %d, udp 0) failed with: SERVER_ERROR object too large for cache (3)
set: false
the old value is gone, as memcached does it: false
server: 1
Notice: MemcachePool::add(): Server 127.0.0.1 (tcp %d, udp 0) failed with: SERVER_ERROR object too large for cache (3)
add: false
Notice: MemcachePool::set(): Server 127.0.0.1 (tcp %d, udp 0) failed with: SERVER_ERROR object too large for cache (3)
set of many: [false, 'a', 'c']
append over the limit: [false, 600000]
compressed it fits: [true, true]
