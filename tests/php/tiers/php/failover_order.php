<?php
/* The order in which one set() tries the servers, all of which refuse: as the failure callback sees it. */
return function (array $rows): array {
    $orders = [];
    foreach ($rows as ['strategy' => $strategy, 'function' => $function, 'servers' => $servers, 'key_hex' => $key]) {
        ini_set('memcache.hash_strategy', $strategy);
        ini_set('memcache.hash_function', $function);
        $memcache = M((int)$servers);
        $tried = [];
        $memcache->setFailureCallback(function ($host, $port) use (&$tried) {
            $tried[] = $port - BASE_PORT;
        });
        $memcache->set(hex2bin($key), 1);
        $orders[] = implode(',', $tried);
    }
    return $orders;
};
