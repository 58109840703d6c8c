--TEST--
memcache.select_api takes select and poll
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip 8.0 has no memcache.select_api');
}
?>
--FILE--
<?php
require __DIR__ . '/common.inc';
foreach (['x', '', 'POLL', 'select'] as $value) {
    $result = ini_set('memcache.select_api', $value);
    echo "$value: ", text($result), ' -> ', text(ini_get('memcache.select_api')), "\n";
}
ini_set('memcache.select_api', 'poll');
$m = memcache();
show('works', [$m->set(key_of('k'), 'v'), $m->get(key_of('k'))]);
?>
--EXPECT--
Warning: ini_set(): memcache.select_api must be in set {select, poll} ('x' given)
x: false -> 'select'
Warning: ini_set(): memcache.select_api must be in set {select, poll} ('' given)
: false -> 'select'
POLL: 'select' -> 'POLL'
select: 'POLL' -> 'select'
works: [true, 'v']
