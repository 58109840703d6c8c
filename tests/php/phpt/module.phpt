--TEST--
The module: name, version, what phpinfo shows
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip 8.0 reports version 4.0.5.2');
}
?>
--FILE--
<?php
require __DIR__ . '/common.inc';
show('loaded', extension_loaded('memcache'));
show('version', version_compare(phpversion('memcache'), '8.2', '>='));
ob_start();
(new ReflectionExtension('memcache'))->info();
$info = ob_get_clean();
echo strstr($info, 'memcache.allow_failover', true);
show('each directive', array_diff(array_keys(ini_get_all('memcache')), preg_match_all('/^(memcache\.\w+) => /m', $info, $names) ? $names[1] : []));
?>
--EXPECTF--
loaded: true
version: true

memcache

memcache support => enabled
Version => %s

Directive => Local Value => Master Value
each directive: []
