<?php
/* For each pool: the index of the server that findServer() chooses for each key, as a base-36 digit. */
return function (array $in): string {
    ini_set('memcache.hash_strategy', $in['strategy']);
    ini_set('memcache.hash_function', $in['function']);
    ini_set('memcache.allow_failover', $in['pool']['failover'] ?? 1);
    ini_set('memcache.max_failover_attempts', $in['pool']['attempts'] ?? 20);
    $memcache = new Memcache;
    $index = [];
    foreach ($in['pool']['servers'] as $i => [$host, $port, $weight]) {
        $up = !in_array($i, $in['pool']['down'] ?? []);
        $memcache->addServer($host, $port, false, $weight, 1, $up ? 15 : -1, $up);
        $index["$host:$port"] ??= $i;
    }
    $digits = '';
    foreach ($in['keys'] as $key) {
        $digits .= base_convert((string)($index[$memcache->findServer(hex2bin($key))] ?? 35), 10, 36);
    }
    return $digits;
};
