<?php
/* What one web request does; tiers/requests.py asks for it by name and looks at the stand-in's log.
   GET parameters: do, port. Printed: JSON of what the calls returned. */
error_reporting(E_ALL & ~E_DEPRECATED);
ini_set('display_errors', '0');

class Leaves
{
    public function __construct(public string $how)
    {
    }

    public function __wakeup(): void
    {
        if ($this->how === 'exit') {
            exit('left');
        }
        if ($this->how === 'fatal') {
            ini_set('memory_limit', '32M');
            str_repeat('x', 1 << 30);
        }
        if ($this->how === 'throw') {
            throw new DomainException('thrown');
        }
    }
}

$port = (int)$_GET['port'];
$persistent = function () use ($port): Memcache {
    $m = new Memcache;
    $m->addServer('127.0.0.1', $port, true, 1, 1.0, 15);
    $m->setFailureCallback(fn() => null);
    return $m;
};
$actions = [
    'ping' => fn() => 'pong',
    'set' => fn() => $persistent()->set('k', 'v'),
    'get' => fn() => $persistent()->get('k'),
    'status' => fn() => $persistent()->getServerStatus('127.0.0.1', $port),
    'get, not persistent' => function () use ($port) {
        $m = new Memcache;
        $m->addServer('127.0.0.1', $port, false);
        return $m->get('k');
    },
    'change settings' => function () use ($persistent) {
        ini_set('memcache.prefix_static_key', 'pre_');
        ini_set('memcache.hash_strategy', 'standard');
        ini_set('memcache.compress_threshold', '1');
        return $persistent()->set('k', 'v');
    },
    'settings' => fn() => array_map(ini_get(...), ['memcache.prefix_static_key', 'memcache.hash_strategy', 'memcache.compress_threshold']),
    'prepare' => fn() => $persistent()->set(['a' => 'a', 'exit' => new Leaves('exit'), 'fatal' => new Leaves('fatal'), 'throw' => new Leaves('throw'), 'z' => 'z']),
    'leave in get' => fn() => $persistent()->get($_GET['how']),
    'leave in get of many' => fn() => $persistent()->get(['a', $_GET['how'], 'z']),
    'check' => fn() => [($m = $persistent())->get('a'), $m->get(['a', 'z']), $m->delete('missing'), $m->get('z')],
];
header('Content-Type: application/json');
echo json_encode($actions[$_GET['do']]());
