--TEST--
getServerStatus and setServerParams: known and unknown servers, switching one off and on
--FILE--
<?php
require __DIR__ . '/common.inc';
$k = key_of('k');
$m = new Memcache;
show('added as switched off', $m->addServer(HOST, port(), false, 1, 1, -1, false));
show('status', $m->getServerStatus(HOST, port()));
show('get', $m->get($k));
show('switch on', $m->setServerParams(HOST, port()));
show('status', $m->getServerStatus(HOST, port()));
show('set', $m->set($k, 'v'));
show('switch off', $m->setServerParams(HOST, port(), 1, -1, false));
show('status', $m->getServerStatus(HOST, port()));
show('get', $m->get($k));
show('switch on again', $m->setServerParams(HOST, port(), 1.5, 15, true));
show('get', $m->get($k));
show('off, but to be tried again at once', [$m->setServerParams(HOST, port(), 1, 15, false), $m->getServerStatus(HOST, port()), $m->get($k), $m->getServerStatus(HOST, port())]);
show('unknown server', $m->getServerStatus('nowhere', 5));
show('unknown port', $m->setServerParams(HOST, 5));
show('function, unknown', memcache_get_server_status($m, 'nowhere', 5));
show('function, unknown', memcache_set_server_params($m, 'nowhere', 5));
show('callback that is none', $m->setServerParams(HOST, port(), 1, 15, false, 'no_such_function'));
show('nothing was changed', $m->getServerStatus(HOST, port()));
ini_set('memcache.default_port', (string)port());
show('default port', [$m->getServerStatus(HOST), $m->setServerParams(HOST)]);
attempt('no arguments', fn() => $m->getServerStatus());
attempt('no arguments', fn() => $m->setServerParams());
attempt('null for a host', fn() => $m->getServerStatus(null));
attempt('wrong type', fn() => $m->setServerParams(HOST, port(), 'x'));
?>
--EXPECT--
added as switched off: true
status: 0
get: false
switch on: true
status: 1
set: true
switch off: true
status: 0
get: false
switch on again: true
get: 'v'
off, but to be tried again at once: [true, 0, 'v', 1]
Warning: MemcachePool::getserverstatus(): Server not found in pool
unknown server: false
Warning: MemcachePool::setserverparams(): Server not found in pool
unknown port: false
Warning: memcache_get_server_status(): Server not found in pool
function, unknown: false
Warning: memcache_set_server_params(): Server not found in pool
function, unknown: false
Warning: MemcachePool::setserverparams(): Invalid failure callback
callback that is none: false
nothing was changed: 1
default port: [1, true]
no arguments: ArgumentCountError: MemcachePool::getserverstatus() expects at least 1 argument, 0 given
no arguments: ArgumentCountError: MemcachePool::setserverparams() expects at least 1 argument, 0 given
Deprecated: MemcachePool::getserverstatus(): Passing null to parameter #1 ($host) of type string is deprecated
Warning: MemcachePool::getserverstatus(): Server not found in pool
null for a host: false
wrong type: TypeError: MemcachePool::setserverparams(): Argument #3 ($timeout) must be of type float, string given
