<?php
/* One measurement: does an operation many times against one server and prints
   {"cpu": seconds of user and system time, "wall": seconds}. argv: operation, port, repetitions. */
[, $operation, $port, $repetitions] = $argv;
$m = new Memcache;
@$m->addServer('127.0.0.1', (int)$port, false);
$value = str_repeat('0123456789', 10);
$keys = [];
for ($i = 0; $i < 100; $i++) {
    $keys[] = "bench_key_$i";
    $m->set("bench_key_$i", $value);
}
$m->set('bench_array', array_fill(0, 50, ['id' => 12345, 'name' => 'some name', 'price' => 1.5]));

function seconds(array $usage): float
{
    return $usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec'] + ($usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec']) / 1e6;
}

$works = [
    'get' => function () use ($m, $repetitions) {
        for ($i = 0; $i < $repetitions; $i++) {
            $m->get('bench_key_7');
        }
    },
    'set' => function () use ($m, $repetitions, $value) {
        for ($i = 0; $i < $repetitions; $i++) {
            $m->set('bench_key_7', $value);
        }
    },
    'get-100' => function () use ($m, $repetitions, $keys) {
        for ($i = 0; $i < $repetitions; $i++) {
            $m->get($keys);
        }
    },
    'get-array' => function () use ($m, $repetitions) {
        for ($i = 0; $i < $repetitions; $i++) {
            $m->get('bench_array');
        }
    },
    'increment' => function () use ($m, $repetitions) {
        $m->set('bench_counter', 0);
        for ($i = 0; $i < $repetitions; $i++) {
            $m->increment('bench_counter');
        }
    },
];
$usage = getrusage();
$wall = hrtime(true);
$works[$operation]();
$wall = (hrtime(true) - $wall) / 1e9;
echo json_encode(['cpu' => seconds(getrusage()) - seconds($usage), 'wall' => $wall]);
