--TEST--
connect: adds a server and opens its connection, in each of the five forms
--FILE--
<?php
require __DIR__ . '/common.inc';
$k = key_of('k');
$m = new Memcache;
show('Memcache::connect', $m->connect(HOST, port()));
show('set', $m->set($k, 'v'));
show('get', $m->get($k));
show('Memcache::connect with a time-out', (new Memcache)->connect(HOST, port(), 0.5));
show('Memcache::pconnect', [($p = new Memcache)->pconnect(HOST, port()), $p->get($k)]);
show('MemcachePool::connect', [($p = new MemcachePool)->connect(HOST, port(), 0, false, 1, 0.5, 10), $p->get($k)]);
show('MemcachePool::connect, persistent', [($p = new MemcachePool)->connect(HOST, port()), $p->get($k)]);
$f = memcache_connect(HOST, port());
show('memcache_connect', [$f::class, memcache_get($f, $k)]);
$f = memcache_pconnect(HOST, port(), 1);
show('memcache_pconnect', [$f::class, memcache_get($f, $k)]);
show('Memcache on a name', (new Memcache)->connect('localhost', port()) || HOST !== '127.0.0.1');
ini_set('memcache.default_port', (string)port());
show('default port', (new Memcache)->connect(HOST));
show('default port of the function', memcache_connect(HOST)::class);
show('a second server', [$m->connect(HOST, port(1)), $m->getServerStatus(HOST, port()), $m->getServerStatus(HOST, port(1))]);
attempt('no arguments', fn() => (new Memcache)->connect());
attempt('four arguments', fn() => (new Memcache)->connect(HOST, port(), 1, 1));
attempt('array for a host', fn() => (new Memcache)->connect([]));
attempt('text for a port', fn() => (new Memcache)->connect(HOST, 'x'));
attempt('text for a time-out', fn() => memcache_connect(HOST, port(), 'x'));
?>
--EXPECTF--
Memcache::connect: true
set: true
get: 'v'
Memcache::connect with a time-out: true
Memcache::pconnect: [true, 'v']
MemcachePool::connect: [true, 'v']
MemcachePool::connect, persistent: [true, 'v']
memcache_connect: ['Memcache', 'v']
memcache_pconnect: ['Memcache', 'v']
Memcache on a name: true
default port: true
default port of the function: 'Memcache'
a second server: [true, 1, 1]
no arguments: ArgumentCountError: Memcache::connect() expects at least 1 argument, 0 given
four arguments: ArgumentCountError: Memcache::connect() expects at most 3 arguments, 4 given
array for a host: TypeError: Memcache::connect(): Argument #1 ($host) must be of type string, array given
text for a port: TypeError: Memcache::connect(): Argument #2 ($port) must be of type %Sint, string given
text for a time-out: TypeError: memcache_connect(): Argument #3 ($timeout) must be of type float, string given
