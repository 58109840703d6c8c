--TEST--
increment of what is no number: false and a notice, the server stays in use
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache();
foreach (['text' => 'abc', 'empty' => '', 'array' => [1], 'float' => 1.5, 'negative' => -5, 'bool' => true] as $what => $value) {
    $k = key_of($what);
    $m->set($k, $value);
    show($what, [$m->increment($k), $m->decrement($k)]);
    show('unchanged', $m->get($k));
}
show('server', $m->getServerStatus(HOST, port()));
?>
--EXPECTF--
Notice: MemcachePool::increment(): Server 127.0.0.1 (tcp %d, udp 0) failed with: CLIENT_ERROR cannot increment or decrement non-numeric value (6)
Notice: MemcachePool::decrement(): Server 127.0.0.1 (tcp %d, udp 0) failed with: CLIENT_ERROR cannot increment or decrement non-numeric value (6)
text: [false, false]
unchanged: 'abc'
Notice: MemcachePool::increment(): Server 127.0.0.1 (tcp %d, udp 0) failed with: CLIENT_ERROR cannot increment or decrement non-numeric value (6)
Notice: MemcachePool::decrement(): Server 127.0.0.1 (tcp %d, udp 0) failed with: CLIENT_ERROR cannot increment or decrement non-numeric value (6)
empty: [false, false]
unchanged: ''
Notice: MemcachePool::increment(): Server 127.0.0.1 (tcp %d, udp 0) failed with: CLIENT_ERROR cannot increment or decrement non-numeric value (6)
Notice: MemcachePool::decrement(): Server 127.0.0.1 (tcp %d, udp 0) failed with: CLIENT_ERROR cannot increment or decrement non-numeric value (6)
array: [false, false]
unchanged: [1]
Notice: MemcachePool::increment(): Server 127.0.0.1 (tcp %d, udp 0) failed with: CLIENT_ERROR cannot increment or decrement non-numeric value (6)
Notice: MemcachePool::decrement(): Server 127.0.0.1 (tcp %d, udp 0) failed with: CLIENT_ERROR cannot increment or decrement non-numeric value (6)
float: [false, false]
unchanged: 1.5
Notice: MemcachePool::increment(): Server 127.0.0.1 (tcp %d, udp 0) failed with: CLIENT_ERROR cannot increment or decrement non-numeric value (6)
Notice: MemcachePool::decrement(): Server 127.0.0.1 (tcp %d, udp 0) failed with: CLIENT_ERROR cannot increment or decrement non-numeric value (6)
negative: [false, false]
unchanged: -5
bool: [2, 1]
unchanged: true
server: 1
