--TEST--
A server that is down: its keys go to another one and come back from there
--FILE--
<?php
require __DIR__ . '/standin.inc';
$net = new StandIn(servers: 3, down: [1]);
$m = $net->memcache();
$keys = array_map(fn($i) => "key$i", range(0, 29));
$told = [];
$m->setFailureCallback(function ($host, $port) use (&$told, $net) {
    $told[] = array_search($port, $net->ports);
});
show('set', array_unique(array_map(fn($k) => $m->set($k, "value of $k"), $keys)));
show('reported once', $told);
show('status', array_map(fn($port) => $m->getServerStatus(HOST, $port), $net->ports));
show('get', array_map(fn($k) => $m->get($k), $keys) === array_map(fn($k) => "value of $k", $keys));
$got = $m->get($keys);
ksort($got);
ksort($keys);
show('get of many', count($got));
show('delete of many', $m->delete($keys));
show('not asked any more', in_array("127.0.0.1:{$net->ports[1]}", array_map(fn($k) => $m->findServer($k), $keys)));

$off = new StandIn(servers: 3, down: [1]);
ini_set('memcache.allow_failover', '0');
$m = $off->memcache();
$m->setFailureCallback(fn() => null);
$stored = array_filter($keys, fn($k) => $m->set($k, 1));
show('without failover some are lost', [count($stored) > 0, count($stored) < count($keys)]);
show('and only those', array_filter($stored, fn($k) => $m->findServer($k) === "127.0.0.1:{$off->ports[1]}"));
?>
--EXPECT--
set: [true]
reported once: [1]
status: [1, 0, 1]
get: true
get of many: 30
delete of many: true
not asked any more: false
without failover some are lost: [true, true]
and only those: []
