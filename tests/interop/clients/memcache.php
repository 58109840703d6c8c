<?php
// pecl's extension memcache: both protocols.

if (!class_exists('Memcache')) {
    fwrite(STDERR, "the extension memcache is not there\n");
    exit(77);
}
// The build for PHP 8.2 declares no properties and sets them.
error_reporting(E_ALL & ~E_DEPRECATED);

function check(string $what, mixed $expected, mixed $actual): void
{
    echo $expected === $actual ? "ok $what\n"
        : "FAIL $what: " . substr(var_export($actual, true), 0, 200) . ' and not ' . substr(var_export($expected, true), 0, 200) . "\n";
}

[, $protocol, $port] = $argv;
ini_set('memcache.protocol', $protocol === 'binary' ? 'binary' : 'ascii');
$m = new Memcache;
$m->addServer('127.0.0.1', (int) $port);

check('set', true, $m->set('a', 'text'));
check('get', 'text', $m->get('a'));
check('other types', [1, 2.5, ['x'], true], array_map(fn ($v) => $m->set('t', $v) ? $m->get('t') : null, [1, 2.5, ['x'], true]));
check('a miss', false, $m->get('missing'));
check('add', [false, true], [$m->add('a', '2'), $m->add('b', '2')]);
check('replace', true, $m->replace('a', '3'));
// Over the binary protocol the extension takes some answers for a failed server.
if ($protocol === 'text') {
    check('replace of nothing', false, $m->replace('missing', '3'));
}
$many = [];
for ($i = 0; $i < 300; $i++) {
    $many["k$i"] = "v$i";
}
check('set of many', true, $m->set($many));
$got = $m->get([...array_keys($many), 'missing']);
ksort($many);
ksort($got);
check('get of many', $many, $got);
check('increment', 46, $m->set('n', 41) ? $m->increment('n', 5) : null);
check('decrement', 0, $m->decrement('n', 99));
check('delete', [true, false], [$m->delete('a'), $m->delete('a')]);
$flags = $cas = null;
$m->get('b', $flags, $cas);
check('cas', [true, false], [$m->cas('b', '4', 0, 0, $cas), $m->cas('b', '5', 0, 0, $cas)]);
$large = str_repeat(implode('', array_map('chr', range(0, 255))), 3000);
check('a large value', true, $m->set('large', $large) && $m->get('large') === $large);
$m->set('short', 'x', 0, 1);
for ($i = 0; $i < 100 && $m->get('short') !== false; $i++) {
    usleep(50000);
}
check('expiry', false, $m->get('short'));
if ($protocol === 'text') {
    check('getStats', true, $m->getStats()['cmd_get'] > 300);
}
check('getVersion', '1.6.', substr($m->getVersion(), 0, 4));
check('flush', [true, false], [$m->flush(), $m->get('b')]);
$m->close();
