--TEST--
A server that stops in the middle of a reply, and one that sends it byte by byte
--FILE--
<?php
require __DIR__ . '/standin.inc';
foreach (["VALUE k 0 5\r\nab", "VALUE k 0 5\r\nabcde\r\n"] as $bytes) {
    $net = new StandIn([[reply($bytes), null, null]]);
    $m = $net->memcache(timeout: 1);
    show(text($bytes), $m->get('k'));
    show('status', $m->getServerStatus(HOST, $net->ports[0]));
    $m->setServerParams(HOST, $net->ports[0]);
    show('next', [$m->set('k', 'v'), $m->get('k')]);
}
$net = new StandIn([[reply("VALUE k 65536 5 77\r\na\r\nbc\r\nEND\r\n", 'split'), reply("STORED\r\n", 'split'), reply("41\r\n", 'split')]]);
$m = $net->memcache();
show('byte by byte', [$m->get('k', $flags, $cas), $flags, $cas, $m->set('k', 'v'), $m->increment('k')]);
?>
--EXPECTF--
Notice: MemcachePool::get(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
"VALUE k 0 5\x0d\x0aab": false
status: 0
next: [true, 'v']
Notice: MemcachePool::get(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Network timeout (0)
"VALUE k 0 5\x0d\x0aabcde\x0d\x0a": 'abcde'
status: 0
next: [true, 'v']
byte by byte: ["a\x0d\x0abc", 65536, 77, true, 41]
