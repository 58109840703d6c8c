--TEST--
UDP is not built: a server with a UDP port is refused with a warning
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip pecl has it');
}
?>
--FILE--
<?php
require __DIR__ . '/standin.inc';
$net = new StandIn();
$m = new MemcachePool;
show('addServer', $m->addServer(HOST, $net->ports[0], $net->ports[0], false));
show('connect', $m->connect(HOST, $net->ports[0], $net->ports[0], false));
show('without', [$m->addServer(HOST, $net->ports[0], 0, false), $m->set('k', 'v'), $m->get(['k'])]);
?>
--EXPECT--
Warning: MemcachePool::addserver(): UDP is not supported by this build of memcache_rs yet; the server was not added, give 0 as udp port
addServer: false
Warning: MemcachePool::connect(): UDP is not supported by this build of memcache_rs yet; the server was not added, give 0 as udp port
connect: false
without: [true, true, ['k' => 'v']]
