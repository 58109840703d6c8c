--TEST--
cas on a missing key is false and leaves the server alone
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip pecl takes the missing key for a failure of the server');
}
?>
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache();
show('cas', $m->cas(key_of('k'), 'value', 0, 0, 99));
show('cas of many', $m->cas([key_of('k') => 'value', key_of('l') => 'value'], null, 0, 0, 99));
show('server', $m->getServerStatus(HOST, port()));
show('set', $m->set(key_of('k'), 'value'));
?>
--EXPECT--
cas: false
cas of many: false
server: 1
set: true
