--TEST--
setSaslAuthData keeps two properties and sends nothing; memcache_debug is deprecated
--FILE--
<?php
require __DIR__ . '/standin.inc';
$net = new StandIn();
$m = new Memcache;
show('set', $m->setSaslAuthData('user', 'secret'));
show('properties', [$m->username, $m->password]);
show('empty name', $m->setSaslAuthData('', 'secret'));
show('empty password', $m->setSaslAuthData('user', ''));
attempt('one argument', fn() => $m->setSaslAuthData('user'));
$m->addServer(HOST, $net->ports[0], false);
show('get', $m->get('k'));
show('log', $net->log());
show('memcache_debug', memcache_debug(true));
show('memcache_debug', memcache_debug(false));
attempt('memcache_debug without an argument', fn() => memcache_debug());
?>
--EXPECT--
set: true
properties: ['user', 'secret']
empty name: false
empty password: false
one argument: ArgumentCountError: MemcachePool::setSaslAuthData() expects exactly 2 arguments, 1 given
get: false
log: ['0.0 get k']
Warning: memcache_debug(): memcache_debug() is deprecated, please use a debugger (like Eclipse + CDT)
memcache_debug: false
Warning: memcache_debug(): memcache_debug() is deprecated, please use a debugger (like Eclipse + CDT)
memcache_debug: false
Warning: memcache_debug(): memcache_debug() is deprecated, please use a debugger (like Eclipse + CDT)
memcache_debug without an argument: false
