--TEST--
A reply that ends in the middle of a line: nothing of it is left for the next reply
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip pecl puts the half line before the next reply');
}
?>
--FILE--
<?php
require __DIR__ . '/standin.inc';
$calls = [
    'get' => [fn($m) => $m->get('k'), 'VALUE k 0'],
    'get many' => [fn($m) => $m->get(['k', 'l']), "VALUE k 0 5\r\nabcde\r\nEN"],
    'set' => [fn($m) => $m->set('k', 'v'), 'STOR'],
    'delete' => [fn($m) => $m->delete('k'), 'DEL'],
    'increment' => [fn($m) => $m->increment('k'), '1'],
    'flush' => [fn($m) => $m->flush(), 'O'],
];
foreach ($calls as $name => [$call, $half]) {
    foreach (['close', 'none'] as $how) {
        // "none" after a part: the server stops there, and the client's time-out ends the wait.
        $script = $how === 'close' ? reply($half, 'close') : reply($half);
        $net = new StandIn([[$script, null, null]]);
        $m = $net->memcache(timeout: 1);
        show("$name, $how", $call($m));
        $m->setServerParams(HOST, $net->ports[0], 1, 15, true);
        show('next', [$m->set('k', 'v'), $m->get('k')]);
    }
}
?>
--EXPECTF--
Notice: MemcachePool::get(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Read failed (socket was unexpectedly closed) (0)
get, close: false
next: [true, 'v']
Notice: MemcachePool::get(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
get, none: false
next: [true, 'v']
Notice: MemcachePool::get(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Read failed (socket was unexpectedly closed) (0)
get many, close: ['k' => 'abcde']
next: [true, 'v']
Notice: MemcachePool::get(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
get many, none: ['k' => 'abcde']
next: [true, 'v']
Notice: MemcachePool::set(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Read failed (socket was unexpectedly closed) (0)
set, close: false
next: [true, 'v']
Notice: MemcachePool::set(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
set, none: false
next: [true, 'v']
Notice: MemcachePool::delete(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Read failed (socket was unexpectedly closed) (0)
delete, close: false
next: [true, 'v']
Notice: MemcachePool::delete(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
delete, none: false
next: [true, 'v']
Notice: MemcachePool::increment(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Read failed (socket was unexpectedly closed) (0)
increment, close: false
next: [true, 'v']
Notice: MemcachePool::increment(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
increment, none: false
next: [true, 'v']
Notice: MemcachePool::flush(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Read failed (socket was unexpectedly closed) (0)
flush, close: false
next: [true, 'v']
Notice: MemcachePool::flush(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
flush, none: false
next: [true, 'v']
