--TEST--
A server that closes in the middle of a reply: the call fails, the next one works on a new connection
--FILE--
<?php
require __DIR__ . '/standin.inc';
$cut = ['before the reply' => '', 'after the first line' => "VALUE k 0 5\r\n", 'in the value' => "VALUE k 0 5\r\nab", 'after the value' => "VALUE k 0 5\r\nabcde", 'before END' => "VALUE k 0 5\r\nabcde\r\n"];
foreach ($cut as $what => $bytes) {
    foreach (['get' => fn($m) => $m->get('k'), 'get many' => fn($m) => $m->get(['k', 'l'])] as $name => $call) {
        foreach (['close', 'rst'] as $how) {
            if ($how === 'rst' && $bytes !== '') {
                continue;
            }
            $net = new StandIn([[['hex' => bin2hex($bytes), $how => true], null, null]]);
            $m = $net->memcache(retry: -1);
            $told = [];
            $m->setFailureCallback(function ($host, $port, $udp, $error, $number) use (&$told) {
                $told[] = $number ? "number $number" : "$error $number";
            });
            $result = $call($m);
            echo "$how $what, $name: ", text($result), ', status ', $m->getServerStatus(HOST, $net->ports[0]), ', ', implode(', ', $told), "\n";
            $m->setServerParams(HOST, $net->ports[0], 1, 15, true);
            show('next', [$m->set('k', 'v'), $m->get('k')]);
        }
    }
}
?>
--EXPECT--
close before the reply, get: false, status 0, Read failed (socket was unexpectedly closed) 0
next: [true, 'v']
rst before the reply, get: false, status 0, Read failed (socket was unexpectedly closed) 0
next: [true, 'v']
close before the reply, get many: [], status 0, Read failed (socket was unexpectedly closed) 0
next: [true, 'v']
rst before the reply, get many: [], status 0, Read failed (socket was unexpectedly closed) 0
next: [true, 'v']
close after the first line, get: false, status 0, Read failed (socket was unexpectedly closed) 0
next: [true, 'v']
close after the first line, get many: [], status 0, Read failed (socket was unexpectedly closed) 0
next: [true, 'v']
close in the value, get: false, status 0, Read failed (socket was unexpectedly closed) 0
next: [true, 'v']
close in the value, get many: [], status 0, Read failed (socket was unexpectedly closed) 0
next: [true, 'v']
close after the value, get: false, status 0, Read failed (socket was unexpectedly closed) 0
next: [true, 'v']
close after the value, get many: [], status 0, Read failed (socket was unexpectedly closed) 0
next: [true, 'v']
close before END, get: 'abcde', status 0, Read failed (socket was unexpectedly closed) 0
next: [true, 'v']
close before END, get many: ['k' => 'abcde'], status 0, Read failed (socket was unexpectedly closed) 0
next: [true, 'v']
