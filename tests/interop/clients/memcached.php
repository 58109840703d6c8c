<?php
// The extension memcached, on libmemcached: both protocols, and a login.

if (!class_exists('Memcached')) {
    fwrite(STDERR, "the extension memcached is not there\n");
    exit(77);
}

function check(string $what, mixed $expected, mixed $actual): void
{
    echo $expected === $actual ? "ok $what\n"
        : "FAIL $what: " . substr(var_export($actual, true), 0, 200) . ' and not ' . substr(var_export($expected, true), 0, 200) . "\n";
}

[, $protocol, $port] = $argv;
$m = new Memcached;
$m->setOption(Memcached::OPT_BINARY_PROTOCOL, $protocol === 'binary');
$m->setOption(Memcached::OPT_TCP_NODELAY, true);
if (isset($argv[4])) {
    $m->setSaslAuthData($argv[3], $argv[4]);
}
$m->addServer('127.0.0.1', (int) $port);

check('set', true, $m->set('a', 'text'));
check('get', 'text', $m->get('a'));
check('other types', [1, 2.5, ['x'], true], array_map(fn ($v) => $m->set('t', $v) ? $m->get('t') : null, [1, 2.5, ['x'], true]));
check('a miss', [false, Memcached::RES_NOTFOUND], [$m->get('missing'), $m->getResultCode()]);
check('add', [false, true], [$m->add('a', '2'), $m->add('b', '2')]);
check('replace', [true, false], [$m->replace('a', '3'), $m->replace('missing', '3')]);
$m->setOption(Memcached::OPT_COMPRESSION, false);
$m->set('a', '3');
check('append and prepend', '<3>', $m->append('a', '>') && $m->prepend('a', '<') ? $m->get('a') : null);
$many = [];
for ($i = 0; $i < 300; $i++) {
    $many["k$i"] = $i;
}
check('setMulti', true, $m->setMulti($many));
$got = $m->getMulti([...array_keys($many), 'missing']);
ksort($many);
ksort($got);
check('getMulti', $many, $got);
$all = $m->get('b', null, Memcached::GET_EXTENDED);
check('cas', [true, false], [$m->cas($all['cas'], 'b', '4'), $m->cas($all['cas'], 'b', '5')]);
check('increment', 46, $m->set('n', 41) ? $m->increment('n', 5) : null);
check('decrement', 0, $m->decrement('n', 99));
if ($protocol === 'binary') {
    check('increment with a start', [7, 8], [$m->increment('fresh', 1, 7), $m->increment('fresh', 1, 7)]);
}
check('delete', [true, false], [$m->delete('a'), $m->delete('a')]);
check('deleteMulti', ['k0' => true, 'k1' => true], $m->deleteMulti(['k0', 'k1']));
$large = str_repeat(implode('', array_map('chr', range(0, 255))), 3000);
check('a large value', true, $m->set('large', $large) && $m->get('large') === $large);
check('touch', true, $m->touch('b', 100));
$m->set('short', 'x', 1);
for ($i = 0; $i < 100 && $m->get('short') !== false; $i++) {
    usleep(50000);
}
check('expiry', false, $m->get('short'));
check('getStats', true, current($m->getStats())['cmd_get'] > 300);
check('getVersion', '1.6.', substr(current($m->getVersion()), 0, 4));
check('flush', [true, false], [$m->flush(), $m->get('b')]);
$m->quit();
