--TEST--
Persistent connections are shared within the process, others are not
--FILE--
<?php
require __DIR__ . '/standin.inc';
$net = new StandIn(servers: 2);
[$a, $b] = $net->ports;
$one = new Memcache;
$one->pconnect(HOST, $a);
$one->set('k', 1);
$two = new Memcache;
$two->addServer(HOST, $a);
show('second object', $two->get('k'));
show('close', [$one->close(), $two->close()]);
$three = new MemcachePool;
$three->addServer(HOST, $a);
show('third object, after close', $three->get('k'));

$one = new Memcache;
$one->addServer(HOST, $b, false);
$one->set('k', 1);
$two = new Memcache;
$two->addServer(HOST, $b, false);
show('not persistent', $two->get('k'));
$two->close();
$two->addServer(HOST, $b, false);
show('after close', $two->get('k'));
print_r($net->log());
?>
--EXPECT--
second object: 1
close: [true, true]
third object, after close: 1
not persistent: 1
after close: 1
Array
(
    [0] => 0.0 set k 768 0 1
1
    [1] => 0.0 get k
    [2] => 0.0 get k
    [3] => 1.0 set k 768 0 1
1
    [4] => 1.1 get k
    [5] => 1.2 get k
)
