--TEST--
Replies that promise more than there can be, or less than nothing: no memory is taken for them, the call fails
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip pecl allocates what the server says, and crashes on a negative length');
}
?>
--INI--
memory_limit=64M
--FILE--
<?php
require __DIR__ . '/standin.inc';
$promises = ['a negative length' => "VALUE k 0 -1\r\nx\r\nEND\r\n", 'more than 4 GB' => "VALUE k 0 4294967297\r\nx", 'nearly 4 GB' => "VALUE k 0 4294967295\r\nx", 'beyond 64 bits' => "VALUE k 0 99999999999999999999\r\nx", 'a long line' => str_repeat('x', 200000), 'a long key' => 'VALUE ' . str_repeat('k', 100000) . " 0 1\r\nx\r\nEND\r\n"];
foreach ($promises as $what => $bytes) {
    $net = new StandIn([[reply($bytes), null, null]]);
    $m = $net->memcache(timeout: 1);
    $m->setFailureCallback(fn() => null);
    show($what, $m->get('k'));
    $m->setServerParams(HOST, $net->ports[0], 1, 15, true, fn() => null);
    show('next', [$m->set('k', 'v'), $m->get('k')]);
}
?>
--EXPECT--
a negative length: false
next: [true, 'v']
more than 4 GB: false
next: [true, 'v']
nearly 4 GB: false
next: [true, 'v']
beyond 64 bits: false
next: [true, 'v']
a long line: false
next: [true, 'v']
a long key: false
next: [true, 'v']
