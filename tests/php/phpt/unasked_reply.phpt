--TEST--
More than was asked for: what is left over answers no other request
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip pecl takes what is left over for the next reply');
}
?>
--FILE--
<?php
require __DIR__ . '/standin.inc';
$extra = [
    'a second END' => "END\r\nEND\r\n",
    'a second reply with a value' => "END\r\nVALUE b 0 5\r\nwrong\r\nEND\r\n",
    'a stray line' => "VALUE k 0 1\r\nx\r\nEND\r\nSTORED\r\n",
    'the beginning of a line' => "END\r\nVALUE b 0",
];
foreach ($extra as $what => $bytes) {
    $net = new StandIn([[null, reply($bytes), null, null, null, null]]);
    $m = $net->memcache();
    $m->setFailureCallback(fn() => null);
    $m->set('b', 'right');
    $m->get('k');
    $m->setServerParams(HOST, $net->ports[0], 1, 15, true, fn() => null);
    show($what, [$m->get('b'), $m->delete('missing'), $m->set('k', 1), $m->get('k')]);
}
?>
--EXPECT--
a second END: ['right', false, true, 1]
a second reply with a value: ['right', false, true, 1]
a stray line: ['right', false, true, 1]
the beginning of a line: ['right', false, true, 1]
