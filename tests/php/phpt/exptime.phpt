--TEST--
Expiry: relative up to 30 days, absolute beyond, none for 0, negative is over at once
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache();
foreach (['none' => 0, 'a minute' => 60, '30 days' => 2592000, 'absolute, in the future' => time() + 60, 'absolute, long ago' => 2592001, 'negative' => -1] as $what => $exptime) {
    $k = key_of("e$exptime");
    show($what, [$m->set($k, 'v', 0, $exptime), $m->get($k)]);
}
$k = key_of('short');
show('one second', [$m->set($k, 'v', 0, 1), $m->get($k)]);
for ($limit = microtime(true) + 10; microtime(true) < $limit && $m->get($k) !== false;) {
    usleep(20000);
}
show('is over in the end', $m->get($k));
?>
--EXPECT--
none: [true, 'v']
a minute: [true, 'v']
30 days: [true, 'v']
absolute, in the future: [true, 'v']
absolute, long ago: [true, false]
negative: [true, false]
one second: [true, 'v']
is over in the end: false
