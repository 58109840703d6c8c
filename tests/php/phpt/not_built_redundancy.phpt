--TEST--
Redundancy is not built: writes to several servers are refused with a warning, and nothing is sent
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip pecl has it');
}
?>
--INI--
memcache.redundancy=2
--FILE--
<?php
require __DIR__ . '/standin.inc';
$net = new StandIn(servers: 2);
$m = $net->memcache();
foreach (['set', 'add', 'replace', 'append', 'prepend'] as $name) {
    show($name, $m->$name('k', 'v'));
}
show('cas', $m->cas('k', 'v', 0, 0, 1));
show('set of many', $m->set(['k' => 'v', 'l' => 'w']));
show('delete', $m->delete('k'));
show('increment', $m->increment('k'));
show('decrement of many', $m->decrement(['k', 'l']));
show('log', $net->log());
ini_set('memcache.redundancy', '1');
show('with redundancy 1', [$m->set('k', 'v'), $m->get('k')]);
?>
--EXPECT--
Warning: MemcachePool::set(): memcache.redundancy=2 is not supported by this build of memcache_rs yet; nothing was sent, set it to 1
set: false
Warning: MemcachePool::add(): memcache.redundancy=2 is not supported by this build of memcache_rs yet; nothing was sent, set it to 1
add: false
Warning: MemcachePool::replace(): memcache.redundancy=2 is not supported by this build of memcache_rs yet; nothing was sent, set it to 1
replace: false
Warning: MemcachePool::append(): memcache.redundancy=2 is not supported by this build of memcache_rs yet; nothing was sent, set it to 1
append: false
Warning: MemcachePool::prepend(): memcache.redundancy=2 is not supported by this build of memcache_rs yet; nothing was sent, set it to 1
prepend: false
Warning: MemcachePool::cas(): memcache.redundancy=2 is not supported by this build of memcache_rs yet; nothing was sent, set it to 1
cas: false
Warning: MemcachePool::set(): memcache.redundancy=2 is not supported by this build of memcache_rs yet; nothing was sent, set it to 1
set of many: false
Warning: MemcachePool::delete(): memcache.redundancy=2 is not supported by this build of memcache_rs yet; nothing was sent, set it to 1
delete: false
Warning: MemcachePool::increment(): memcache.redundancy=2 is not supported by this build of memcache_rs yet; nothing was sent, set it to 1
increment: false
Warning: MemcachePool::decrement(): memcache.redundancy=2 is not supported by this build of memcache_rs yet; nothing was sent, set it to 1
decrement of many: false
log: []
with redundancy 1: [true, 'v']
