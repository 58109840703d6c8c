--TEST--
A server that answers rubbish: the call fails, the connection is dropped, the next call works
--FILE--
<?php
require __DIR__ . '/standin.inc';
$rubbish = ['text' => "WHAT\r\n", 'http' => "HTTP/1.1 400 Bad Request\r\n\r\n", 'empty line' => "\r\n", 'binary' => "\x81\0\0\0\0\0\0\0\r\n", 'value of another kind' => "VALUE\r\n", 'no length' => "VALUE k 0\r\nx\r\nEND\r\n",
    'length that is no number' => "VALUE k 0 x\r\nx\r\nEND\r\n"];
$calls = [
    'get' => fn($m) => $m->get('k'),
    'get many' => fn($m) => $m->get(['k']),
    'set' => fn($m) => $m->set('k', 'v'),
    'delete' => fn($m) => $m->delete('k'),
    'increment' => fn($m) => $m->increment('k'),
    'flush' => fn($m) => $m->flush(),
];
foreach ($rubbish as $what => $bytes) {
    foreach ($calls as $name => $call) {
        $net = new StandIn([[reply($bytes), null, null]]);
        $m = $net->memcache(retry: -1);
        $told = [];
        $m->setFailureCallback(function ($host, $port, $udp, $error, $number) use (&$told) {
            $told[] = (preg_match('/[^ -~]/', $error) ? 'bytes' : text($error)) . " $number";
        });
        $result = $call($m);
        echo "$what, $name: ", text($result), ' ', implode(', ', $told), ', status ', $m->getServerStatus(HOST, $net->ports[0]), "\n";
        $m->setServerParams(HOST, $net->ports[0], 1, 15, true);
        if ($m->set('again', 'v') !== true || $m->get('again') !== 'v') {
            echo "the next call does not work\n";
        }
        $connections = array_unique(array_map(fn($line) => strtok($line, ' '), $net->log()));
        if ($told && count($connections) < 2) {
            echo "the connection was used again\n";
        }
    }
}
?>
--EXPECT--
text, get: false 'Malformed VALUE header' 0, status 0
text, get many: [] 'Malformed VALUE header' 0, status 0
text, set: false 'WHAT' 0, status 0
text, delete: false 'WHAT' 0, status 0
text, increment: false 'Malformed VALUE header' 0, status 0
text, flush: false 'WHAT' 0, status 0
http, get: false 'Malformed VALUE header' 0, status 0
http, get many: [] 'Malformed VALUE header' 0, status 0
http, set: false 'HTTP/1.1 400 Bad Request' 0, status 0
http, delete: false 'HTTP/1.1 400 Bad Request' 0, status 0
http, increment: false 'Malformed VALUE header' 0, status 0
http, flush: false 'HTTP/1.1 400 Bad Request' 0, status 0
empty line, get: false 'Malformed VALUE header' 0, status 0
empty line, get many: [] 'Malformed VALUE header' 0, status 0
empty line, set: false 'Malformed server response' 0, status 0
empty line, delete: false 'Malformed server response' 0, status 0
empty line, increment: false 'Malformed VALUE header' 0, status 0
empty line, flush: false 'Malformed server response' 0, status 0
binary, get: false 'Malformed VALUE header' 0, status 0
binary, get many: [] 'Malformed VALUE header' 0, status 0
binary, set: false bytes 0, status 0
binary, delete: false bytes 0, status 0
binary, increment: false 'Malformed VALUE header' 0, status 0
binary, flush: false bytes 0, status 0
value of another kind, get: false 'Malformed VALUE header' 0, status 0
value of another kind, get many: [] 'Malformed VALUE header' 0, status 0
value of another kind, set: false 'VALUE' 0, status 0
value of another kind, delete: false 'VALUE' 0, status 0
value of another kind, increment: false 'Malformed VALUE header' 0, status 0
value of another kind, flush: false 'VALUE' 0, status 0
no length, get: false 'Malformed VALUE header' 0, status 0
no length, get many: [] 'Malformed VALUE header' 0, status 0
no length, set: false 'VALUE k 0' 0, status 0
no length, delete: false 'VALUE k 0' 0, status 0
no length, increment: false 'Malformed VALUE header' 0, status 0
no length, flush: false 'VALUE k 0' 0, status 0
length that is no number, get: false 'Malformed VALUE header' 0, status 0
length that is no number, get many: [] 'Malformed VALUE header' 0, status 0
length that is no number, set: false 'VALUE k 0 x' 0, status 0
length that is no number, delete: false 'VALUE k 0 x' 0, status 0
length that is no number, increment: false 'Malformed VALUE header' 0, status 0
length that is no number, flush: false 'VALUE k 0 x' 0, status 0
