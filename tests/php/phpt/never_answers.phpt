--TEST--
A server that never answers: the time-out of the server, one notice, the next call works
--FILE--
<?php
require __DIR__ . '/standin.inc';
$calls = [
    'get' => fn($m) => $m->get('k'),
    'get many' => fn($m) => $m->get(['k', 'l']),
    'set' => fn($m) => $m->set('k', 'v'),
    'set many' => fn($m) => $m->set(['k' => 1, 'l' => 2]),
    'delete' => fn($m) => $m->delete('k'),
    'increment' => fn($m) => $m->increment('k'),
    'flush' => fn($m) => $m->flush(),
    'getVersion' => fn($m) => $m->getVersion(),
    'getStats' => fn($m) => $m->getStats(),
];
foreach ($calls as $name => $call) {
    $net = new StandIn([[['none' => true], ['none' => true], null, null]]);
    $m = $net->memcache(timeout: 0.2);
    $started = hrtime(true);
    show($name, $call($m));
    $seconds = (hrtime(true) - $started) / 1e9;
    if ($seconds < 0.15 || $seconds > 10) {
        show('not the time-out', $seconds);
    }
    show('status', $m->getServerStatus(HOST, $net->ports[0]));
    $asked = $net->log();
    show('failed servers are not asked again', [$m->get('k'), $net->log() === $asked]);
}
?>
--EXPECTF--
Notice: MemcachePool::get(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
get: false
status: 0
failed servers are not asked again: [false, true]
Notice: MemcachePool::get(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
get many: []
status: 0
failed servers are not asked again: [false, true]
Notice: MemcachePool::set(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
set: false
status: 0
failed servers are not asked again: [false, true]
Notice: MemcachePool::set(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
set many: false
status: 0
failed servers are not asked again: [false, true]
Notice: MemcachePool::delete(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
delete: false
status: 0
failed servers are not asked again: [false, true]
Notice: MemcachePool::increment(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
increment: false
status: 0
failed servers are not asked again: [false, true]
Notice: MemcachePool::flush(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
flush: false
status: 0
failed servers are not asked again: [false, true]
Notice: MemcachePool::getversion(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
getVersion: false
status: 0
failed servers are not asked again: [false, true]
Notice: MemcachePool::getstats(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
getStats: false
status: 0
failed servers are not asked again: [false, true]
