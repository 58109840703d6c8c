--TEST--
A key or a host with line breaks cannot smuggle a command to the server
--FILE--
<?php
require __DIR__ . '/standin.inc';
$net = new StandIn();
$m = $net->memcache();
$attack = "k 0 0 1\r\nx\r\nset evil 0 0 4\r\nevil\r\n";
$m->set($attack, 'v');
$m->get($attack);
$m->get([$attack, 'other']);
$m->delete($attack);
$m->increment($attack);
$m->append([$attack => 'v']);
@$m->getStats($attack);
show('evil', $m->get('evil'));
foreach ($net->log() as $line) {
    echo strtok($line, "\r"), "\n";
}
?>
--EXPECT--
evil: false
0.0 set k_0_0_1__x__set_evil_0_0_4__evil__ 0 0 1
0.0 get k_0_0_1__x__set_evil_0_0_4__evil__
0.0 get k_0_0_1__x__set_evil_0_0_4__evil__ other
0.0 delete k_0_0_1__x__set_evil_0_0_4__evil__
0.0 incr k_0_0_1__x__set_evil_0_0_4__evil__ 1
0.0 append k_0_0_1__x__set_evil_0_0_4__evil__ 0 0 1
0.0 get evil
