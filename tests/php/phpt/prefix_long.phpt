--TEST--
A prefix longer than a key may be, and a server name with many dots, do no harm
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip pecl writes past its buffers');
}
?>
--FILE--
<?php
require __DIR__ . '/standin.inc';
$net = new StandIn();
ini_set('memcache.prefix_static_key', str_repeat('p', 300));
$m = $net->memcache();
show('set', [$m->set('a', 1), $m->get('a')]);
ini_set('memcache.prefix_static_key', '');
ini_set('memcache.prefix_host_key', '1');
ini_set('memcache.prefix_host_key_remove_subdomain', '1');
foreach ([str_repeat('sub.', 50) . 'example.com', str_repeat('.', 600), '', 'www.', str_repeat('x', 5000)] as $name) {
    $_SERVER['SERVER_NAME'] = $name;
    show('set', $net->memcache()->set('k', 1));
}
unset($_SERVER['SERVER_NAME']);
show('no name', $net->memcache()->set('k', 1));
$_SERVER['SERVER_NAME'] = ['array'];
show('no string', $net->memcache()->set('k', 1));
foreach ($net->log() as $line) {
    echo preg_replace_callback('/([pkx.])\1{40,}/', fn($r) => $r[1] . '{' . strlen($r[0]) . '}', strtok($line, "\r")), "\n";
}
?>
--EXPECT--
set: [true, 1]
set: true
set: true
set: true
set: true
set: true
no name: true
no string: true
0.0 set p{250} 768 0 1
0.0 get p{250}
0.1 set example.comk 768 0 1
0.2 set .k 768 0 1
0.3 set k 768 0 1
0.4 set k 768 0 1
0.5 set x{250} 768 0 1
0.6 set k 768 0 1
0.7 set k 768 0 1
