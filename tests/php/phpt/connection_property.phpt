--TEST--
The connection property: its type, clones, serialization, foreign values
--FILE--
<?php
require __DIR__ . '/common.inc';
$k = key_of('k');
$m = memcache();
show('object', $m);
show('type', get_resource_type($m->connection));
$m->set($k, 'v');
$clone = clone $m;
show('a clone shares the pool', [$clone->get($k), $clone->connection === $m->connection]);
$clone->addServer(HOST, port(1), false);
show('also new servers', $m->getServerStatus(HOST, port(1)));
show('serialized', serialize(memcache()));
attempt('unserialized', fn() => unserialize(serialize($m))->get($k));
$foreign = memcache();
$foreign->connection = STDIN;
attempt('another resource', fn() => $foreign->get($k));
attempt('another resource, function', fn() => memcache_get($foreign, $k));
$foreign->connection = 5;
attempt('a number', fn() => $foreign->get($k));
$foreign->connection = null;
attempt('null', fn() => $foreign->get($k));
unset($m->connection);
attempt('removed', fn() => $m->get($k));
show('a new pool', [$m->addServer(HOST, port(), false), $m->get($k)]);
$m->extra = 1;
show('a dynamic property', $m);
foreach ($m as $name => $value) {
    echo "$name ";
}
echo "\n";
?>
--EXPECT--
object: Memcache['connection' => resource(memcache connection)]
type: 'memcache connection'
a clone shares the pool: ['v', true]
also new servers: 1
serialized: 'O:8:"Memcache":1:{s:10:"connection";i:0;}'
Warning: MemcachePool::get(): Invalid MemcachePool->connection member variable
unserialized: false
another resource: TypeError: MemcachePool::get(): supplied resource is not a valid connection resource
another resource, function: TypeError: memcache_get(): supplied resource is not a valid connection resource
Warning: MemcachePool::get(): Invalid MemcachePool->connection member variable
a number: false
Warning: MemcachePool::get(): Invalid MemcachePool->connection member variable
null: false
Warning: MemcachePool::get(): No servers added to memcache connection
removed: false
a new pool: [true, 'v']
a dynamic property: Memcache['connection' => resource(memcache connection), 'extra' => 1]
connection extra 
