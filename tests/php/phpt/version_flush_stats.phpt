--TEST--
getVersion, flush, getStats, getExtendedStats
--CONFLICTS--
exclusive
--FILE--
<?php
require __DIR__ . '/standin.inc';
$m = new Memcache;
$m->addServer(HOST, exclusive_port(0), false);
$m->addServer(HOST, exclusive_port(1), false);
show('getVersion', (bool)preg_match('/^\d+\.\d+\.\d+/', $m->getVersion()));

$m->set(['a' => 1, 'b' => 2, 'c' => 3, 'd' => 4, 'e' => 5]);
$stats = $m->getStats();
show('getStats', array_intersect(['pid', 'uptime', 'time', 'version', 'curr_items', 'cmd_get', 'cmd_set', 'get_hits', 'get_misses', 'limit_maxbytes'], array_keys($stats)));
show('values are strings', array_unique(array_map(gettype(...), $stats)));
show('version', $stats['version'] === $m->getVersion());
$all = $m->getExtendedStats();
show('getExtendedStats', array_keys($all) === [HOST . ':' . exclusive_port(0), HOST . ':' . exclusive_port(1)]);
show('items on both together', array_sum(array_column($all, 'curr_items')));
$items = $m->getExtendedStats('items');
show('items nest', array_sum(array_map(fn($server) => array_sum(array_column($server['items'] ?? [], 'number')), array_filter($items))));
show('slabs nest', count(array_filter($m->getExtendedStats('slabs'), fn($server) => isset($server['active_slabs']))));
show('reset', $m->getStats('reset'));
show('type in capitals', $m->getStats('ITEMS'));
show('unknown type', $m->getStats('abc'));
show('empty type', $m->getStats(''));
show('settings', $m->getStats('settings'));
show('extended, unknown type', $m->getExtendedStats('abc'));
attempt('wrong slab', fn() => $m->getStats('items', 'x'));

show('flush', $m->flush());
show('all gone', $m->get(['a', 'b', 'c', 'd', 'e']));
$m->set('a', 1);
show('flush later', $m->flush(600));
show('still there', $m->get('a'));
show('function', memcache_flush($m));
show('gone', $m->get('a'));
attempt('wrong delay', fn() => $m->flush('x'));

$net = new StandIn(down: [0]);
$m->addServer(HOST, $net->ports[0], false);
show('flush with a server down', $m->flush());
show('extended stats with a server down', array_map(is_array(...), array_values($m->getExtendedStats())));
?>
--EXPECTF--
getVersion: true
getStats: ['pid', 'uptime', 'time', 'version', 'curr_items', 'cmd_get', 'cmd_set', 'get_hits', 'get_misses', 'limit_maxbytes']
values are strings: ['pid' => 'string']
version: true
getExtendedStats: true
items on both together: 5
items nest: 5
slabs nest: 2
reset: true
Warning: MemcachePool::getstats(): Invalid stats type
type in capitals: false
Warning: MemcachePool::getstats(): Invalid stats type
unknown type: false
Warning: MemcachePool::getstats(): Invalid stats type
empty type: false
Warning: MemcachePool::getstats(): Invalid stats type
settings: false
Warning: MemcachePool::getextendedstats(): Invalid stats type
extended, unknown type: false
wrong slab: TypeError: MemcachePool::getstats(): Argument #2 ($slabid) must be of type int, string given
flush: true
all gone: []
flush later: true
still there: 1
function: true
gone: false
wrong delay: TypeError: MemcachePool::flush(): Argument #1 ($delay) must be of type int, string given
Notice: MemcachePool::flush(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Connection failed: Connection refused (111)
flush with a server down: false
extended stats with a server down: [true, true, false]
