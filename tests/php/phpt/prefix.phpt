--TEST--
memcache.prefix_static_key and memcache.prefix_host_key come before every key
--INI--
memcache.prefix_static_key=pre_
--FILE--
<?php
require __DIR__ . '/standin.inc';
$net = new StandIn();
$m = $net->memcache();
show('set', [$m->set('a', 1), $m->set(['b' => 2])]);
show('get', $m->get('a'));
show('others', [$m->increment('a'), $m->append('b', 3), $m->delete('a'), $m->cas('b', 1, 0, 0, 1)]);
$m->set(str_repeat('k', 300), 1);
ini_set('memcache.prefix_static_key', '');
ini_set('memcache.prefix_host_key', '1');
foreach (['www.a.example.com', 'localhost', '10.1.2.3'] as $name) {
    foreach ([[1, 0], [0, 0], [1, 1], [0, 1]] as [$www, $subdomain]) {
        $_SERVER['SERVER_NAME'] = $name;
        ini_set('memcache.prefix_host_key_remove_www', $www);
        ini_set('memcache.prefix_host_key_remove_subdomain', $subdomain);
        $net->memcache()->set('k', 1);
    }
}
foreach ($net->log() as $line) {
    echo preg_replace_callback('/k{40,}/', fn($r) => 'k{' . strlen($r[0]) . '}', strtok($line, "\r")), "\n";
}
?>
--EXPECT--
set: [true, true]
get: 1
others: [2, true, true, false]
0.0 set pre_a 768 0 1
0.0 set pre_b 768 0 1
0.0 get pre_a
0.0 incr pre_a 1
0.0 append pre_b 768 0 1
0.0 delete pre_a
0.0 cas pre_b 768 0 1 1
0.0 set pre_k{246} 768 0 1
0.1 set a.example.comk 768 0 1
0.2 set www.a.example.comk 768 0 1
0.3 set example.comk 768 0 1
0.4 set example.comk 768 0 1
0.5 set localhostk 768 0 1
0.6 set localhostk 768 0 1
0.7 set localhostk 768 0 1
0.8 set localhostk 768 0 1
0.9 set 10.1.2.3k 768 0 1
0.10 set 10.1.2.3k 768 0 1
0.11 set 2.3k 768 0 1
0.12 set 2.3k 768 0 1
