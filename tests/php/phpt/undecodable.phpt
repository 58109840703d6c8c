--TEST--
Items that cannot be decoded: a notice, and as if they were not there
--FILE--
<?php
require __DIR__ . '/standin.inc';
$bad = ['no zlib stream' => [2, 'hello'], 'cut zlib stream' => [2, substr(gzcompress('hello'), 0, -1)], 'empty, compressed' => [2, ''],
    'no serialized value' => [1, 'x'], 'cut serialized value' => [1, 'a:1:{i:0;i:1;'], 'compressed rubbish' => [3, gzcompress('rubbish')], 'lying length' => [1, 's:99999999:"x";']];
foreach ($bad as $what => [$flags, $bytes]) {
    $reply = reply("VALUE k $flags " . strlen($bytes) . "\r\n$bytes\r\nEND\r\n");
    $net = new StandIn([[$reply, $reply, null]]);
    $m = $net->memcache();
    $flags = $cas = 'untouched';
    show($what, [$m->get('k', $flags, $cas), $flags, $cas]);
    show('many', $m->get(['k'], $flags));
    show('server', [$m->getServerStatus(HOST, $net->ports[0]), $m->set('k', 'v')]);
}
$class = 'O:7:"Unknown":1:{s:1:"a";i:1;}';
$net = new StandIn([[reply("VALUE k 1 " . strlen($class) . "\r\n$class\r\nEND\r\n")]]);
show('an unknown class', get_class($net->memcache()->get('k')));
?>
--EXPECT--
Notice: MemcachePool::get(): Failed to uncompress data
no zlib stream: [false, 'untouched', 'untouched']
Notice: MemcachePool::get(): Failed to uncompress data
many: []
server: [1, true]
Notice: MemcachePool::get(): Failed to uncompress data
cut zlib stream: [false, 'untouched', 'untouched']
Notice: MemcachePool::get(): Failed to uncompress data
many: []
server: [1, true]
Notice: MemcachePool::get(): Failed to uncompress data
empty, compressed: [false, 'untouched', 'untouched']
Notice: MemcachePool::get(): Failed to uncompress data
many: []
server: [1, true]
Notice: MemcachePool::get(): Failed to unserialize data
no serialized value: [false, 'untouched', 'untouched']
Notice: MemcachePool::get(): Failed to unserialize data
many: []
server: [1, true]
Notice: MemcachePool::get(): Failed to unserialize data
cut serialized value: [false, 'untouched', 'untouched']
Notice: MemcachePool::get(): Failed to unserialize data
many: []
server: [1, true]
Notice: MemcachePool::get(): Failed to unserialize data
compressed rubbish: [false, 'untouched', 'untouched']
Notice: MemcachePool::get(): Failed to unserialize data
many: []
server: [1, true]
Notice: MemcachePool::get(): Failed to unserialize data
lying length: [false, 'untouched', 'untouched']
Notice: MemcachePool::get(): Failed to unserialize data
many: []
server: [1, true]
an unknown class: '__PHP_Incomplete_Class'
