--TEST--
The session handler is not built: PHP does not find it
--EXTENSIONS--
session
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip pecl has it');
}
?>
--FILE--
<?php
require __DIR__ . '/common.inc';
$result = ini_set('session.save_handler', 'memcache');
show('session.save_handler', $result);
show('what it is now', ini_get('session.save_handler'));
show('MEMCACHE_HAVE_SESSION', MEMCACHE_HAVE_SESSION);
?>
--EXPECTF--
Warning: ini_set(): Session save handler "memcache" cannot be found
session.save_handler: false
what it is now: 'files'
MEMCACHE_HAVE_SESSION: 0
