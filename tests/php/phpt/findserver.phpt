--TEST--
findServer: the server of a key as host:port, without connecting
--FILE--
<?php
require __DIR__ . '/standin.inc';
$m = new Memcache;
$m->addServer('cache1.example.com', 11211, false);
$m->addServer('cache2.example.com', 11211, false);
$m->addServer('unix:///tmp/a.sock', 0, false);
show('string', $m->findServer('key'));
show('int', $m->findServer(12) === $m->findServer('12'));
show('float', $m->findServer(1.5) === $m->findServer('1.5'));
show('cleaned key', $m->findServer("a b\nc") === $m->findServer('a_b_c'));
show('cut key', $m->findServer(str_repeat('k', 400)) === $m->findServer(str_repeat('k', 250)));
show('stable', count(array_unique(array_map(fn() => $m->findServer('same'), range(1, 10)))));
show('all servers are used', count(array_unique(array_map(fn($i) => $m->findServer("key$i"), range(1, 100)))));
show('empty key', $m->findServer(''));
show('null', $m->findServer(null));
attempt('no arguments', fn() => $m->findServer());
$off = new Memcache;
$off->addServer('cache1.example.com', 11211, false, 1, 1, -1, false);
$off->addServer('cache2.example.com', 11211, false);
show('a server that is off is passed over', array_unique(array_map(fn($i) => $off->findServer("key$i"), range(1, 50))));
?>
--EXPECT--
string: 'cache2.example.com:11211'
int: true
float: true
cleaned key: true
cut key: true
stable: 1
all servers are used: 3
Warning: MemcachePool::findserver(): Invalid key
empty key: false
Warning: MemcachePool::findserver(): Invalid key
null: false
no arguments: ArgumentCountError: MemcachePool::findserver() expects exactly 1 argument, 0 given
a server that is off is passed over: ['cache2.example.com:11211']
