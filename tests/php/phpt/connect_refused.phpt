--TEST--
connect to a port where nobody listens: notice, warning, false; the server stays in the pool
--FILE--
<?php
require __DIR__ . '/standin.inc';
$net = new StandIn(down: [0]);
$port = $net->ports[0];
$m = new Memcache;
show('Memcache::connect', $m->connect(HOST, $port));
show('status', $m->getServerStatus(HOST, $port));
show('get', $m->get('k'));
show('Memcache::pconnect', (new Memcache)->pconnect(HOST, $port));
show('MemcachePool::connect', (new MemcachePool)->connect(HOST, $port, 0, false));
show('memcache_connect', memcache_connect(HOST, $port));
show('memcache_pconnect', memcache_pconnect(HOST, $port));
show('another server of the same pool', [$m->connect(HOST, port()), $m->set(key_of('k'), 'v'), $m->get(key_of('k'))]);
$m = new Memcache;
$m->addServer(HOST, port(), false);
$m->setFailureCallback(function (...$arguments) use ($port) {
    show('callback', [$arguments[1] === $port, $arguments]);
});
show('with a callback', $m->connect(HOST, $port));
?>
--EXPECTF--
Notice: Memcache::connect(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Connection failed: Connection refused (111)
Warning: Memcache::connect(): Can't connect to 127.0.0.1:%d, Connection failed: Connection refused (111)
Memcache::connect: false
status: 0
get: false
Notice: Memcache::pconnect(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Connection failed: Connection refused (111)
Warning: Memcache::pconnect(): Can't connect to 127.0.0.1:%d, Connection failed: Connection refused (111)
Memcache::pconnect: false
Notice: MemcachePool::connect(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Connection failed: Connection refused (111)
Warning: MemcachePool::connect(): Can't connect to 127.0.0.1:%d, Connection failed: Connection refused (111)
MemcachePool::connect: false
Notice: memcache_connect(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Connection failed: Connection refused (111)
Warning: memcache_connect(): Can't connect to 127.0.0.1:%d, Connection failed: Connection refused (111)
memcache_connect: false
Notice: memcache_pconnect(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Connection failed: Connection refused (111)
Warning: memcache_pconnect(): Can't connect to 127.0.0.1:%d, Connection failed: Connection refused (111)
memcache_pconnect: false
another server of the same pool: [true, true, 'v']
callback: [true, ['127.0.0.1', %d, 0, 'Connection failed: Connection refused', 111]]
Warning: Memcache::connect(): Can't connect to 127.0.0.1:%d, Connection failed: Connection refused (111)
with a callback: false
