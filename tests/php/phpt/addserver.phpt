--TEST--
addServer: what it accepts and refuses; it connects only when it is needed
--FILE--
<?php
require __DIR__ . '/standin.inc';
$net = new StandIn(down: [0]);
$down = $net->ports[0];
$m = new Memcache;
show('connects later', $m->addServer(HOST, $down));
show('status', $m->getServerStatus(HOST, $down));
show('all arguments', $m->addServer(HOST, port(), false, 2, 0.5, 10, true, fn() => null));
show('weight 0', $m->addServer(HOST, port(1), false, 0));
show('weight -1', $m->addServer(HOST, port(1), false, -1));
show('port -1', $m->addServer(HOST, -1));
show('port too high', $m->addServer(HOST, 70000));
show('callback that is none', $m->addServer(HOST, port(1), false, 1, 1, 15, true, 'no_such_function'));
show('callback of a wrong type', $m->addServer(HOST, port(1), false, 1, 1, 15, true, 5));
show('null for a callback', $m->addServer(HOST, port(1), false, 1, 1, 15, true, null));
show('nothing was added by the refused ones', $m->getServerStatus(HOST, 70000));
$p = new MemcachePool;
show('pool', $p->addServer(HOST, port(), 0, false, 1, 1, 15, true));
show('pool, weight 0', $p->addServer(HOST, port(), 0, false, 0));
show('pool, port -1', $p->addServer(HOST, -1));
show('pool, udp port -1', $p->addServer(HOST, port(), -1));
show('function', memcache_add_server($m, HOST, port(2), false));
show('function, weight 0', memcache_add_server($m, HOST, port(2), false, 0));
attempt('function with a pool', fn() => memcache_add_server($p, HOST));
attempt('no arguments', fn() => $m->addServer());
attempt('nine arguments', fn() => $m->addServer(HOST, port(), false, 1, 1, 15, true, null, 1));
attempt('text for a port', fn() => $m->addServer(HOST, 'x'));
attempt('array for a weight', fn() => $m->addServer(HOST, port(), false, []));
attempt('named', fn() => $m->addServer(host: HOST, tcp_port: port(), persistent: false));
?>
--EXPECT--
connects later: true
status: 1
all arguments: true
Warning: Memcache::addserver(): weight must be a positive integer
weight 0: false
Warning: Memcache::addserver(): weight must be a positive integer
weight -1: false
Warning: Memcache::addserver(): invalid tcp port number
port -1: false
Warning: Memcache::addserver(): invalid tcp port number
port too high: false
Warning: Memcache::addserver(): Invalid failure callback
callback that is none: false
Warning: Memcache::addserver(): Invalid failure callback
callback of a wrong type: false
null for a callback: true
Warning: MemcachePool::getserverstatus(): Server not found in pool
nothing was added by the refused ones: false
pool: true
Warning: MemcachePool::addserver(): weight must be a positive integer
pool, weight 0: false
Warning: MemcachePool::addserver(): invalid tcp port number
pool, port -1: false
Warning: MemcachePool::addserver(): invalid udp port number
pool, udp port -1: false
function: true
Warning: memcache_add_server(): weight must be a positive integer
function, weight 0: false
function with a pool: TypeError: memcache_add_server(): Argument #1 ($memcache) must be of type Memcache, MemcachePool given
no arguments: ArgumentCountError: Memcache::addserver() expects at least 1 argument, 0 given
nine arguments: ArgumentCountError: Memcache::addserver() expects at most 8 arguments, 9 given
text for a port: TypeError: Memcache::addserver(): Argument #2 ($tcp_port) must be of type int, string given
array for a weight: TypeError: Memcache::addserver(): Argument #4 ($weight) must be of type int, array given
named: true
