--TEST--
The failure callback: what it is told, what it may do, who sets it
--FILE--
<?php
require __DIR__ . '/standin.inc';
$net = new StandIn(servers: 2, down: [0, 1]);
$tell = function (string $host, int $tcp, int $udp, ?string $error, int $number) use ($net) {
    show('callback', [$host === HOST, array_search($tcp, $net->ports), $udp, $error, $number]);
    return 'ignored';
};
$m = new Memcache;
$m->addServer(HOST, $net->ports[0], false);
show('set', $m->setFailureCallback($tell));
show('the property', $m->_failureCallback === $tell);
show('get', $m->get('k'));
show('failed servers are not asked again', $m->get('k'));
show('null brings the notice back', [$m->setFailureCallback(null), $m->addServer(HOST, $net->ports[1], false)]);
show('get', $m->get('k'));

$by_add = new Memcache;
show('by addServer', $by_add->addServer(HOST, $net->ports[0], false, 1, 1, 15, true, $tell));
show('set', $by_add->set('k', 1));
$by_params = new Memcache;
$by_params->addServer(HOST, $net->ports[0], false);
show('by setServerParams', $by_params->setServerParams(HOST, $net->ports[0], 1, 15, true, $tell));
show('set', $by_params->set('k', 1));

show('name of a function', $m->setFailureCallback('strlen'));
show('no function', $m->setFailureCallback('no_such_function'));
show('wrong type', $m->setFailureCallback(5));
show('function form', memcache_set_failure_callback($m, 'no_such_function'));
attempt('no arguments', fn() => $m->setFailureCallback());

$thrower = new Memcache;
$thrower->addServer(HOST, $net->ports[0], false);
$thrower->setFailureCallback(fn() => throw new DomainException('from the callback'));
attempt('exception', fn() => $thrower->set('k', 1));
show('works afterwards', [$thrower->addServer(HOST, port(), false), $thrower->set(key_of('k'), 1), $thrower->get(key_of('k'))]);

$mender = new Memcache;
$mender->addServer(HOST, $net->ports[0], false);
$mender->setFailureCallback(function ($host, $port) use ($mender) {
    show('status inside', $mender->getServerStatus($host, $port));
    show('params inside', $mender->setServerParams($host, $port, 1, -1, false));
});
show('get', $mender->get('k'));
$mender->setFailureCallback(fn() => 1);
$mender->_failureCallback = 'no_such_function';
$mender->addServer(HOST, $net->ports[1], false);
show('made invalid later', $mender->get('k'));
show('then it is null', $mender->_failureCallback);
?>
--EXPECTF--
set: true
the property: true
callback: [true, 0, 0, 'Connection failed: Connection refused', 111]
get: false
failed servers are not asked again: false
null brings the notice back: [true, true]
Notice: MemcachePool::get(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Connection failed: Connection refused (111)
get: false
by addServer: true
callback: [true, 0, 0, 'Connection failed: Connection refused', 111]
set: false
by setServerParams: true
callback: [true, 0, 0, 'Connection failed: Connection refused', 111]
set: false
name of a function: true
Warning: MemcachePool::setfailurecallback(): Invalid failure callback
no function: false
Warning: MemcachePool::setfailurecallback(): Invalid failure callback
wrong type: false
Warning: memcache_set_failure_callback(): Invalid failure callback
function form: false
no arguments: ArgumentCountError: MemcachePool::setfailurecallback() expects exactly 1 argument, 0 given
exception: DomainException: from the callback
works afterwards: [true, true, 1]
status inside: 0
params inside: true
get: false
Warning: MemcachePool::get(): Invalid failure callback
made invalid later: false
then it is null: NULL
