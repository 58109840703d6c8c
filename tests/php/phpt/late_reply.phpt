--TEST--
A reply that arrives after the time-out is given to nobody
--FILE--
<?php
require __DIR__ . '/standin.inc';
$late = reply("VALUE a 0 4\r\nlate\r\nEND\r\n", 'hold');
$calls = [
    'get' => [fn($m) => $m->get('a'), $late],
    'get many' => [fn($m) => $m->get(['a', 'c']), $late],
    'set' => [fn($m) => $m->set('a', 'v'), reply("STORED\r\n", 'hold')],
    'increment' => [fn($m) => $m->increment('a'), reply("41\r\n", 'hold')],
    'getVersion' => [fn($m) => $m->getVersion(), reply("VERSION 0.0.0\r\n", 'hold')],
];
$objects = [
    'not persistent' => fn($net) => $net->memcache(timeout: 0.2, retry: 0),
    'persistent' => function ($net) {
        $m = new Memcache;
        $m->addServer(HOST, $net->ports[0], true, 1, 0.2, 0);
        return $m;
    },
];
foreach ($objects as $kind => $make) {
    foreach ($calls as $name => [$call, $reply]) {
        $net = new StandIn([[null, null, $reply, $reply]]);
        $m = $make($net);
        $m->setFailureCallback(fn() => null);
        $m->set('a', 'right a');
        $m->set('b', 'right b');
        show("$kind, $name", $call($m));
        show('late replies', $net->release() > 0);
        show('get another key', $m->get('b'));
        show('delete what is missing', $m->delete('missing'));
        show('get the same key', in_array($m->get('a'), ['right a', 'v'], true));
    }
}
?>
--EXPECT--
not persistent, get: false
late replies: true
get another key: 'right b'
delete what is missing: false
get the same key: true
not persistent, get many: ['a' => 'right a']
late replies: true
get another key: 'right b'
delete what is missing: false
get the same key: true
not persistent, set: false
late replies: true
get another key: 'right b'
delete what is missing: false
get the same key: true
not persistent, increment: false
late replies: true
get another key: 'right b'
delete what is missing: false
get the same key: true
not persistent, getVersion: false
late replies: true
get another key: 'right b'
delete what is missing: false
get the same key: true
persistent, get: false
late replies: true
get another key: 'right b'
delete what is missing: false
get the same key: true
persistent, get many: ['a' => 'right a']
late replies: true
get another key: 'right b'
delete what is missing: false
get the same key: true
persistent, set: false
late replies: true
get another key: 'right b'
delete what is missing: false
get the same key: true
persistent, increment: false
late replies: true
get another key: 'right b'
delete what is missing: false
get the same key: true
persistent, getVersion: false
late replies: true
get another key: 'right b'
delete what is missing: false
get the same key: true
