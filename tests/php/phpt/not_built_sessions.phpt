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
show('MEMCACHE_HAVE_SESSION', MEMCACHE_HAVE_SESSION);
show('session.save_handler', ini_set('session.save_handler', 'memcache'));
show('what it is now', ini_get('session.save_handler'));
?>
--EXPECTF--
MEMCACHE_HAVE_SESSION: 0
Warning: ini_set(): Session save handler "memcache" cannot be found
session.save_handler: false
what it is now: 'files'
