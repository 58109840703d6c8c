<?php
/* One step of an exchange between two extensions; prints {"checks": {name: true or text}, "flags": {key: int}}.
   argv: step (write, change, review), key prefix, ports as JSON. Run by tiers/interop.py. */
error_reporting(E_ALL & ~E_DEPRECATED);
date_default_timezone_set('UTC');
require __DIR__ . '/values.php';
[, $step, $prefix, $ports] = $argv;

$m = new Memcache;
foreach (json_decode($ports) as $port) {
    $m->addServer('127.0.0.1', $port, false);
}
$checks = [];
$messages = [];
set_error_handler(function (int $level, string $text) use (&$messages): bool {
    $messages[] = $text;
    return true;
}, E_ALL & ~E_DEPRECATED);

function check(string $name, mixed $expected, mixed $actual): void
{
    global $checks;
    $checks[$name] = form($expected) === form($actual) ? true
        : 'expected ' . substr(form($expected), 0, 200) . ', got ' . substr(form($actual), 0, 200);
}

$modes = ['plain' => 0, 'compressed' => MEMCACHE_COMPRESSED, 'flagged' => MEMCACHE_USER1 | MEMCACHE_USER4];
$keys = [];
foreach ($modes as $mode => $_) {
    foreach (array_keys(values()) as $name) {
        $keys["$name, $mode"] = "$prefix$mode-" . str_replace(' ', '_', $name);
    }
}
$many = [];
foreach (array_slice(values(), 0, 30) as $name => $value) {
    $many[$prefix . 'many-' . str_replace(' ', '_', $name)] = $value;
}

if ($step === 'write') {
    foreach ($modes as $mode => $flags) {
        foreach (values() as $name => $value) {
            check("write $name, $mode", true, $m->set($keys["$name, $mode"], $value, $flags));
        }
    }
    check('write many', true, $m->set($many, null, MEMCACHE_USER2));
    $m->set("{$prefix}counter", 10);
    $m->set("{$prefix}digits", '100');
    check('count before', 15, $m->increment("{$prefix}counter", 5));
    $m->set("{$prefix}text", 'middle', MEMCACHE_USER3);
    $m->append("{$prefix}text", '>');
    $m->set("{$prefix}swap", 'old');
    $m->set("{$prefix}gone", 1);
} elseif ($step === 'change') {
    check('counter', 15, $m->get("{$prefix}counter"));
    check('count up', 18, $m->increment("{$prefix}counter", 3));
    check('count down, one digit less', 95, $m->decrement("{$prefix}digits", 5));
    check('text', 'middle>', $m->get("{$prefix}text"));
    check('prepend', true, $m->prepend("{$prefix}text", '<'));
    check('append', true, $m->append("{$prefix}text", '!'));
    check('swap', 'old', $m->get("{$prefix}swap", $flags, $cas));
    check('cas', true, $m->cas("{$prefix}swap", ['new'], 0, 0, $cas));
    check('cas again', false, $m->cas("{$prefix}swap", 'newer', 0, 0, $cas));
    check('add to what is there', false, $m->add("{$prefix}swap", 'no'));
    check('delete', true, $m->delete("{$prefix}gone"));
} else {
    check('counter', 18, $m->get("{$prefix}counter"));
    check('digits', '95 ', $m->get("{$prefix}digits"));
    check('text', '<middle>!', $m->get("{$prefix}text", $flags));
    check('flags of text', MEMCACHE_USER3, $flags);
    check('swap', ['new'], $m->get("{$prefix}swap"));
    check('gone', false, $m->get("{$prefix}gone"));
}

// Every step reads everything, alone and in one call; only the latter tells a null from a miss.
$flags = [];
foreach ($modes as $mode => $_) {
    foreach (values() as $name => $value) {
        check("read $name, $mode", $value === null ? false : $value, $m->get($keys["$name, $mode"], $flags[$keys["$name, $mode"]]));
    }
}
$got = $m->get(array_values($keys), $all_flags);
foreach (values() as $name => $value) {
    check("read together $name", $value, array_key_exists($keys["$name, plain"], $got) ? $got[$keys["$name, plain"]] : 'missing');
}
$got = $m->get(array_keys($many), $many_flags);
ksort($got);
ksort($many);
check('read many', $many, $got);
$flags = array_filter($flags, is_int(...)) + $all_flags + $many_flags;
ksort($flags);
check('messages', [], $messages);
echo json_encode(['checks' => $checks, 'flags' => $flags], JSON_THROW_ON_ERROR);
