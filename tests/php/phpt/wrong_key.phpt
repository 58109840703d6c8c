--TEST--
A value for a key that was not asked for is not given out
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip pecl does not look at the key of a reply');
}
?>
--FILE--
<?php
require __DIR__ . '/standin.inc';
$wrong = "VALUE other 0 5\r\nwrong\r\nEND\r\n";
foreach (['get' => fn($m) => $m->get('k'), 'get many' => fn($m) => $m->get(['k', 'l'])] as $name => $call) {
    $net = new StandIn([[reply($wrong), null, null]]);
    $m = $net->memcache();
    $m->setFailureCallback(fn() => null);
    show($name, $call($m));
    $m->setServerParams(HOST, $net->ports[0], 1, 15, true, fn() => null);
    show('next', [$m->set('k', 'right'), $m->get('k')]);
}
?>
--EXPECT--
get: false
next: [true, 'right']
get many: []
next: [true, 'right']
