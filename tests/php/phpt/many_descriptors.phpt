--TEST--
Sockets with numbers above 1023 work
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip pecl ends with a fatal error');
}
?>
--FILE--
<?php
require __DIR__ . '/common.inc';
$open = [];
while (count($open) < 1100 && $file = @fopen('/dev/null', 'r')) {
    $open[] = $file;
}
show('open', count($open));
$m = memcache(3);
foreach (['select', 'poll'] as $api) {
    ini_set('memcache.select_api', $api);
    $n = memcache(3);
    $keys = array_map(fn($i) => key_of("$api$i"), range(0, 20));
    show($api, [$n->set(array_fill_keys($keys, 1)), count($n->get($keys))]);
}
?>
--EXPECT--
open: 1100
select: [true, 21]
poll: [true, 21]
