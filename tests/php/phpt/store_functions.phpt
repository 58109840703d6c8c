--TEST--
The procedural forms do what the methods do
--FILE--
<?php
require __DIR__ . '/common.inc';
$m = memcache();
$k = key_of('k');
show('memcache_set', memcache_set($m, $k, 'v', MEMCACHE_USER1, 60));
show('memcache_add', memcache_add($m, $k, 'w'));
show('memcache_replace', memcache_replace($m, $k, 'x', MEMCACHE_USER2));
show('memcache_append', memcache_append($m, $k, 'y'));
show('memcache_prepend', memcache_prepend($m, $k, 'z'));
show('memcache_get', [memcache_get($m, $k, $flags, $cas), $flags, is_int($cas)]);
show('memcache_cas', memcache_cas($m, $k, '5', 0, 0, $cas));
show('memcache_increment', memcache_increment($m, $k, 2));
show('memcache_decrement', memcache_decrement($m, $k));
show('memcache_get of many', memcache_get($m, [$k]) === [$k => '6']);
show('memcache_delete', memcache_delete($m, $k));
show('memcache_delete again', memcache_delete($m, $k));
show('memcache_set_compress_threshold', memcache_set_compress_threshold($m, 100, 0.5));
show('memcache_get_server_status', memcache_get_server_status($m, HOST, port()));
show('memcache_set_server_params', memcache_set_server_params($m, HOST, port(), 2.0, 5, true));
show('memcache_set_failure_callback', memcache_set_failure_callback($m, null));
show('memcache_get_version', (bool)preg_match('/^\d+\.\d+/', memcache_get_version($m)));
show('memcache_get_stats', isset(memcache_get_stats($m)['pid']));
show('memcache_get_extended_stats', array_keys(memcache_get_extended_stats($m)) === [HOST . ':' . port()]);
show('memcache_set_sasl_auth_data', memcache_set_sasl_auth_data($m, 'user', 'secret'));
show('memcache_add_server', memcache_add_server($m, HOST, port(1), false));
show('memcache_close', memcache_close($m));
?>
--EXPECT--
memcache_set: true
memcache_add: false
memcache_replace: true
memcache_append: true
memcache_prepend: true
memcache_get: ['zxy', 131072, true]
memcache_cas: true
memcache_increment: 7
memcache_decrement: 6
memcache_get of many: true
memcache_delete: true
memcache_delete again: false
memcache_set_compress_threshold: true
memcache_get_server_status: 1
memcache_set_server_params: true
memcache_set_failure_callback: true
memcache_get_version: true
memcache_get_stats: true
memcache_get_extended_stats: true
memcache_set_sasl_auth_data: true
memcache_add_server: true
memcache_close: true
