--TEST--
Both classes: inheritance, subclasses, overriding, wrong objects
--FILE--
<?php
require __DIR__ . '/common.inc';
show('parent', get_parent_class('Memcache'));
show('instance', [new Memcache instanceof MemcachePool, is_countable(new Memcache), new Memcache instanceof Traversable]);
#[AllowDynamicProperties]
class Prefixed extends Memcache
{
    public int $calls = 0;
    public function __construct(private string $prefix)
    {
        $this->addServer(HOST, port(), false);
    }
    public function get($key, &$flags = null, &$cas = null): mixed
    {
        $this->calls++;
        return parent::get($this->prefix . $key, $flags, $cas);
    }
}
$p = new Prefixed(key_of(''));
show('set', $p->set(key_of('k'), 'v', MEMCACHE_USER1));
show('get', [$p->get('k', $flags, $cas), $flags, is_int($cas), $p->calls]);
show('function on a subclass', memcache_get($p, key_of('k')));
show('case does not matter', [$p->GETSERVERSTATUS(HOST, port()), MEMCACHE_GET_SERVER_STATUS($p, HOST, port())]);
foreach (['get', 'set', 'delete', 'increment', 'flush', 'close', 'get_stats', 'set_failure_callback'] as $name) {
    attempt($name, fn() => ('memcache_' . $name)(new stdClass, 'k', 1));
}
attempt('a number', fn() => memcache_get(1, 2));
attempt('null', fn() => memcache_get_version(null));
attempt('Memcache::get on nothing', fn() => Memcache::get('k'));
attempt('comparison', fn() => memcache() == memcache());
show('var_export', str_contains(var_export($p, true), 'Prefixed'));
?>
--EXPECT--
parent: 'MemcachePool'
instance: [true, false, false]
set: true
get: ['v', 65536, true, 1]
function on a subclass: 'v'
case does not matter: [1, 1]
get: Error: memcache_get(): Argument #3 ($flags) cannot be passed by reference
set: TypeError: memcache_set(): Argument #1 ($memcache) must be of type MemcachePool, stdClass given
delete: TypeError: memcache_delete(): Argument #1 ($memcache) must be of type MemcachePool, stdClass given
increment: TypeError: memcache_increment(): Argument #1 ($memcache) must be of type MemcachePool, stdClass given
flush: ArgumentCountError: memcache_flush() expects at most 2 arguments, 3 given
close: ArgumentCountError: memcache_close() expects exactly 1 argument, 3 given
get_stats: TypeError: memcache_get_stats(): Argument #1 ($memcache) must be of type MemcachePool, stdClass given
set_failure_callback: ArgumentCountError: memcache_set_failure_callback() expects exactly 2 arguments, 3 given
a number: TypeError: memcache_get(): Argument #1 ($memcache) must be of type MemcachePool, int given
null: TypeError: memcache_get_version(): Argument #1 ($memcache) must be of type MemcachePool, null given
Memcache::get on nothing: Error: Non-static method MemcachePool::get() cannot be called statically
comparison: false
var_export: true
