--TEST--
set and its siblings: too few arguments, wrong types, named arguments
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache();
$k = key_of('k');
foreach (['set', 'add', 'replace', 'append', 'prepend', 'cas'] as $name) {
    attempt("$name()", fn() => $m->$name());
    attempt("$name(key)", fn() => $m->$name($k));
    attempt("memcache_$name(object)", fn() => ('memcache_' . $name)($m));
    attempt("memcache_$name(object, key)", fn() => ('memcache_' . $name)($m, $k));
}
attempt('flags of the wrong type', fn() => $m->set($k, 1, 'x'));
attempt('flags as digits', fn() => $m->set($k, 1, '0'));
attempt('flags as array', fn() => $m->set($k, 1, []));
attempt('expiry of the wrong type', fn() => $m->set($k, 1, 0, 'x'));
attempt('float for an int', fn() => $m->set($k, 1, 0, 60.0));
attempt('float with a fraction', fn() => $m->set($k, 1, 0, 60.5));
attempt('null for an int', fn() => $m->set($k, 1, null));
attempt('six arguments', fn() => $m->set($k, 1, 0, 0, 0, 0));
attempt('named', fn() => $m->set(value: 'v', key: $k));
attempt('named, one left out', fn() => $m->set(key: $k, value: 'v', exptime: 5));
attempt('unknown name', fn() => $m->set(key: $k, value: 'v', expire: 5));
?>
--EXPECT--
set(): ArgumentCountError: MemcachePool::set() expects at least 1 argument, 0 given
set(key): ArgumentCountError: Wrong parameter count for MemcachePool::set()
memcache_set(object): ArgumentCountError: memcache_set() expects at least 2 arguments, 1 given
memcache_set(object, key): ArgumentCountError: Wrong parameter count for memcache_set()
add(): ArgumentCountError: MemcachePool::add() expects at least 1 argument, 0 given
add(key): ArgumentCountError: Wrong parameter count for MemcachePool::add()
memcache_add(object): ArgumentCountError: memcache_add() expects at least 2 arguments, 1 given
memcache_add(object, key): ArgumentCountError: Wrong parameter count for memcache_add()
replace(): ArgumentCountError: MemcachePool::replace() expects at least 1 argument, 0 given
replace(key): ArgumentCountError: Wrong parameter count for MemcachePool::replace()
memcache_replace(object): ArgumentCountError: memcache_replace() expects at least 2 arguments, 1 given
memcache_replace(object, key): ArgumentCountError: Wrong parameter count for memcache_replace()
append(): ArgumentCountError: MemcachePool::append() expects at least 1 argument, 0 given
append(key): ArgumentCountError: Wrong parameter count for MemcachePool::append()
memcache_append(object): ArgumentCountError: memcache_append() expects at least 2 arguments, 1 given
memcache_append(object, key): ArgumentCountError: Wrong parameter count for memcache_append()
prepend(): ArgumentCountError: MemcachePool::prepend() expects at least 1 argument, 0 given
prepend(key): ArgumentCountError: Wrong parameter count for MemcachePool::prepend()
memcache_prepend(object): ArgumentCountError: memcache_prepend() expects at least 2 arguments, 1 given
memcache_prepend(object, key): ArgumentCountError: Wrong parameter count for memcache_prepend()
cas(): ArgumentCountError: MemcachePool::cas() expects at least 1 argument, 0 given
cas(key): ArgumentCountError: Wrong parameter count for MemcachePool::cas()
memcache_cas(object): ArgumentCountError: memcache_cas() expects at least 2 arguments, 1 given
memcache_cas(object, key): ArgumentCountError: Wrong parameter count for memcache_cas()
flags of the wrong type: TypeError: MemcachePool::set(): Argument #3 ($flags) must be of type int, string given
flags as digits: true
flags as array: TypeError: MemcachePool::set(): Argument #3 ($flags) must be of type int, array given
expiry of the wrong type: TypeError: MemcachePool::set(): Argument #4 ($exptime) must be of type int, string given
float for an int: true
Deprecated: Implicit conversion from float 60.5 to int loses precision
float with a fraction: true
Deprecated: MemcachePool::set(): Passing null to parameter #3 ($flags) of type int is deprecated
null for an int: true
six arguments: ArgumentCountError: MemcachePool::set() expects at most 5 arguments, 6 given
named: true
named, one left out: ArgumentCountError: MemcachePool::set(): Argument #3 ($flags) must be passed explicitly, because the default value is not known
unknown name: Error: Unknown named parameter $expire
