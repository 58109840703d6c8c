--TEST--
A host with a NUL byte is not cut there: it leads nowhere
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip pecl connects to what is before the NUL byte');
}
?>
--FILE--
<?php
require __DIR__ . '/common.inc';
$host = HOST . "\0.example.com";
$m = new Memcache;
show('connect', @$m->connect($host, port(), 0.5));
show('status', $m->getServerStatus($host, port()));
show('unix', @$m->connect("unix:///tmp/\0x", 0));
show('next call', [$m->addServer(HOST, port(), false), $m->getServerStatus(HOST, port())]);
?>
--EXPECT--
connect: false
status: 0
unix: false
next call: [true, 1]
