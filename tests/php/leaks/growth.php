<?php
/* Repeats each kind of work and prints by how much memory grew: {"name": [bytes of PHP's heap, KiB of the process]}.
   Measured between two rounds late in the loop, when every cache and buffer has its size.
   argv[1]: ports as JSON, [server, port that refuses]. */
error_reporting(0);
[$port, $refused] = json_decode($argv[1]);
const ROUNDS = 1100, FROM = 100;

function resident_kib(): int
{
    return (int)explode(' ', file_get_contents('/proc/self/statm'))[1] * 4;
}

class Sleeper
{
    public array $data = [1, 'two', 3.0];

    public function __sleep(): array
    {
        return ['data'];
    }
}

$m = new Memcache;
$m->addServer('127.0.0.1', $port, false);
$long = str_repeat('compressible ', 5000);
$many = [];
for ($i = 0; $i < 40; $i++) {
    $many["many$i"] = $i % 2 ? $i : [$i => "value $i"];
}
$works = [
    'one key' => function (int $round) use ($m, $long) {
        $m->set("k$round", $long);
        $m->get("k$round", $flags, $cas);
        $m->cas("k$round", new Sleeper, 0, 0, $cas);
        $m->get("k$round");
        $m->append("k$round", 'x');
        $m->delete("k$round");
        $m->increment("none$round");
    },
    'many keys' => function () use ($m, $many) {
        $m->set($many);
        $m->get(array_keys($many), $flags, $cas);
        $m->increment(array_keys($many));
        $m->delete(array_keys($many));
    },
    'wrong calls' => function () use ($m) {
        $m->get('');
        $m->set('k', 'v', 1);
        $m->getServerStatus('nowhere');
        foreach ([fn() => $m->set('k'), fn() => $m->set('k', fn() => 1), fn() => $m->get(new stdClass), fn() => $m->get('k', 1, 2, 3)] as $call) {
            try {
                $call();
            } catch (Throwable) {
            }
        }
    },
    'objects, closed' => function () use ($port) {
        $n = new Memcache;
        $n->connect('127.0.0.1', $port);
        $n->set('k', 'v');
        $n->close();
    },
    'objects, dropped' => function () use ($port) {
        $n = new MemcachePool;
        $n->addServer('127.0.0.1', $port, 0, false);
        $n->get('k');
        $n->setFailureCallback(fn() => null);
    },
    'persistent' => function () use ($port) {
        $n = memcache_pconnect('127.0.0.1', $port);
        $n->get(['k', 'l']);
    },
    'failures' => function () use ($refused) {
        $n = new Memcache;
        $n->addServer('127.0.0.1', $refused, false);
        $n->setFailureCallback(fn() => null);
        $n->set('k', 'v');
        $n->get(['k', 'l']);
        $n->close();
    },
    'versions and stats' => function () use ($m) {
        $m->getVersion();
        $m->getStats();
        $m->getExtendedStats('items');
        $m->findServer('k');
    },
];
$grown = [];
foreach ($works as $name => $work) {
    for ($round = 0; $round < ROUNDS; $round++) {
        $work($round % 10);
        if ($round === FROM) {
            gc_collect_cycles();
            $before = [memory_get_usage(), resident_kib()];
        }
    }
    gc_collect_cycles();
    $grown[$name] = [memory_get_usage() - $before[0], resident_kib() - $before[1]];
}
echo json_encode($grown);
