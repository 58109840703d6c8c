<?php
// PHP's side of interop.c: `php interop.php store|check PORT PORT`. Ends with status 0 when all held.
error_reporting(E_ALL & ~E_DEPRECATED);

[, $task, $first, $second] = $argv;
$pool = new MemcachePool;
$pool->addServer('127.0.0.1', (int) $first);
$pool->addServer('127.0.0.1', (int) $second);
$held = true;

if ($task === 'store') {
    $values = ['php-text' => 'from PHP', 'php-int' => -42, 'php-bool' => true, 'php-float' => 1.5,
        'php-array' => ['x'], 'php-long' => str_repeat('long from PHP ', 5000)];
    for ($i = 0; $i < 50; $i++) {
        $values["place-$i"] = 'here';
    }
    foreach ($values as $key => $value) {
        $held = $pool->set($key, $value) && $held;
    }
} else {
    $values = ['c-text' => 'from C', 'c-int' => 4711, 'c-bool' => true, 'c-float' => 2.5,
        'c-array' => [1, 'k' => false], 'c-long' => str_repeat('c', 60000)];
    foreach ($values as $key => $value) {
        $found = $pool->get($key);
        if ($found !== $value) {
            $held = false;
            echo $key, ': ', substr(var_export($found, true), 0, 200), "\n";
        }
    }
    $pool->get('c-long', $flags);
    if (($flags & 2) === 0) {
        $held = false;
        echo "c-long is not compressed\n";
    }
}
exit($held ? 0 : 1);
