--TEST--
Calls on an object without servers, and after close
--FILE--
<?php
require __DIR__ . '/common.inc';
$calls = [
    'get' => fn($m) => $m->get('k'),
    'get many' => fn($m) => $m->get(['k']),
    'set' => fn($m) => $m->set('k', 1),
    'add' => fn($m) => $m->add('k', 1),
    'replace' => fn($m) => $m->replace('k', 1),
    'cas' => fn($m) => $m->cas('k', 1, 0, 0, 1),
    'append' => fn($m) => $m->append('k', 1),
    'prepend' => fn($m) => $m->prepend('k', 1),
    'delete' => fn($m) => $m->delete('k'),
    'increment' => fn($m) => $m->increment('k'),
    'decrement' => fn($m) => $m->decrement('k'),
    'flush' => fn($m) => $m->flush(),
    'close' => fn($m) => $m->close(),
    'getVersion' => fn($m) => $m->getVersion(),
    'getStats' => fn($m) => $m->getStats(),
    'getExtendedStats' => fn($m) => $m->getExtendedStats(),
    'setCompressThreshold' => fn($m) => $m->setCompressThreshold(1),
    'findServer' => fn($m) => $m->findServer('k'),
    'getServerStatus' => fn($m) => $m->getServerStatus(HOST),
    'setServerParams' => fn($m) => $m->setServerParams(HOST),
    'setFailureCallback' => fn($m) => $m->setFailureCallback(null),
    'setSaslAuthData' => fn($m) => $m->setSaslAuthData('user', 'secret'),
    'memcache_get' => fn($m) => memcache_get($m, 'k'),
];
echo "-- never had a server\n";
foreach ($calls as $name => $call) {
    attempt($name, fn() => $call(new Memcache));
}
echo "-- after close\n";
foreach ($calls as $name => $call) {
    $m = memcache();
    $m->close();
    attempt($name, fn() => $call($m));
}
$m = memcache();
$m->set(key_of('k'), 1);
$m->close();
show('servers again', [$m->addServer(HOST, port(), false), $m->get(key_of('k'))]);
show('connection is gone', (new MemcachePool)->findServer('k'));
?>
--EXPECT--
-- never had a server
Warning: MemcachePool::get(): No servers added to memcache connection
get: false
Warning: MemcachePool::get(): No servers added to memcache connection
get many: false
Warning: MemcachePool::set(): No servers added to memcache connection
set: false
Warning: MemcachePool::add(): No servers added to memcache connection
add: false
Warning: MemcachePool::replace(): No servers added to memcache connection
replace: false
Warning: MemcachePool::cas(): No servers added to memcache connection
cas: false
Warning: MemcachePool::append(): No servers added to memcache connection
append: false
Warning: MemcachePool::prepend(): No servers added to memcache connection
prepend: false
Warning: MemcachePool::delete(): No servers added to memcache connection
delete: false
Warning: MemcachePool::increment(): No servers added to memcache connection
increment: false
Warning: MemcachePool::decrement(): No servers added to memcache connection
decrement: false
Warning: MemcachePool::flush(): No servers added to memcache connection
flush: false
Warning: MemcachePool::close(): No servers added to memcache connection
close: false
Warning: MemcachePool::getversion(): No servers added to memcache connection
getVersion: false
Warning: MemcachePool::getstats(): No servers added to memcache connection
getStats: false
Warning: MemcachePool::getextendedstats(): No servers added to memcache connection
getExtendedStats: false
Warning: MemcachePool::setcompressthreshold(): No servers added to memcache connection
setCompressThreshold: false
Warning: MemcachePool::findserver(): No servers added to memcache connection
findServer: false
Warning: MemcachePool::getserverstatus(): No servers added to memcache connection
getServerStatus: false
Warning: MemcachePool::setserverparams(): No servers added to memcache connection
setServerParams: false
Warning: MemcachePool::setfailurecallback(): No servers added to memcache connection
setFailureCallback: false
setSaslAuthData: true
Warning: memcache_get(): No servers added to memcache connection
memcache_get: false
-- after close
get: false
get many: false
set: false
add: false
replace: false
cas: false
append: false
prepend: false
delete: false
increment: false
decrement: false
flush: true
close: true
getVersion: false
getStats: false
getExtendedStats: false
setCompressThreshold: true
findServer: false
Warning: MemcachePool::getserverstatus(): Server not found in pool
getServerStatus: false
Warning: MemcachePool::setserverparams(): Server not found in pool
setServerParams: false
setFailureCallback: true
setSaslAuthData: true
memcache_get: false
servers again: [true, 1]
Warning: MemcachePool::findserver(): No servers added to memcache connection
connection is gone: false
