--TEST--
The binary protocol is not built: it is refused with a warning, and nothing is sent
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip pecl has it');
}
?>
--INI--
memcache.protocol=binary
--FILE--
<?php
require __DIR__ . '/standin.inc';
$net = new StandIn();
$m = new Memcache;
show('addServer', $m->addServer(HOST, $net->ports[0], false));
show('connect', $m->connect(HOST, $net->ports[0]));
show('get', $m->get('k'));
show('set', $m->set('k', 'v'));
show('memcache_connect', memcache_connect(HOST, $net->ports[0]));
show('MemcachePool', (new MemcachePool)->addServer(HOST, $net->ports[0], 0, false));
show('log', $net->log());
ini_set('memcache.protocol', 'ascii');
$m = new Memcache;
show('ascii', [$m->addServer(HOST, $net->ports[0], false), $m->set('k', 'v'), $m->get('k')]);
?>
--EXPECT--
Warning: Memcache::addserver(): memcache.protocol=binary is not supported by this build of memcache_rs yet; the server was not added, set it to ascii
addServer: false
Warning: Memcache::connect(): memcache.protocol=binary is not supported by this build of memcache_rs yet; the server was not added, set it to ascii
connect: false
Warning: MemcachePool::get(): No servers added to memcache connection
get: false
Warning: MemcachePool::set(): No servers added to memcache connection
set: false
Warning: memcache_connect(): memcache.protocol=binary is not supported by this build of memcache_rs yet; the server was not added, set it to ascii
memcache_connect: false
Warning: MemcachePool::addserver(): memcache.protocol=binary is not supported by this build of memcache_rs yet; the server was not added, set it to ascii
MemcachePool: false
log: []
ascii: [true, true, 'v']
