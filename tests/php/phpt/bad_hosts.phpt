--TEST--
Host strings that lead nowhere: a message with the reason, false, and the next call works
--FILE--
<?php
require __DIR__ . '/common.inc';

/* Reasons are the system's words, and depend on its resolver; their number is asked for where it does not. */
$print = set_error_handler(function (int $level, string $text) use (&$print): bool {
    $text = str_replace(str_repeat('h', 300), 'LONG', $text);
    $text = preg_replace('/php_network_getaddresses: .*/s', 'php_network_getaddresses: REASON', $text);
    $text = preg_replace('/Server .* \(tcp \d+, udp 0\) failed with: (Connection failed: )?.*( \(\d+\))$/s', 'Server HOST failed with: $1REASON$2', $text);
    $text = preg_replace('/Can\'t connect to .*:\d+, (Connection failed: )?.*( \(\d+\))$/s', 'Can\'t connect to HOST, $1REASON$2', $text);
    return $print($level, $text);
});

foreach (['', ' ', 'no.such.host.invalid', 'nonsense://127.0.0.1', 'unix:///no/such/socket', '256.256.256.256', "a\nb", str_repeat('h', 300)] as $host) {
    $m = new Memcache;
    show('connect to ' . text(substr($host, 0, 30)), $m->connect($host, str_starts_with($host, 'unix') ? 0 : port(), 0.5));
    show('next call', [$m->addServer(HOST, port(), false), $m->getServerStatus(HOST, port())]);
}
foreach (['unix://', '[::'] as $host) {
    show('connect to ' . text($host), @(new Memcache)->connect($host, str_starts_with($host, 'unix') ? 0 : port(), 0.5));
}
$m = new Memcache;
show('addServer takes it', $m->addServer('no.such.host.invalid', port(), false));
show('the first use says so', $m->get('k'));
show('server', $m->getServerStatus('no.such.host.invalid', port()));
?>
--EXPECTF--
Warning: Memcache::connect(): php_network_getaddresses: REASON
Notice: Memcache::connect(): Server  (tcp %d, udp 0) failed with: Connection failed: php_network_getaddresses: REASON
Warning: Memcache::connect(): Can't connect to :%d, Connection failed: php_network_getaddresses: REASON
connect to '': false
next call: [true, 1]
Warning: Memcache::connect(): php_network_getaddresses: REASON
Notice: Memcache::connect(): Server   (tcp %d, udp 0) failed with: Connection failed: php_network_getaddresses: REASON
Warning: Memcache::connect(): Can't connect to  :%d, Connection failed: php_network_getaddresses: REASON
connect to ' ': false
next call: [true, 1]
Warning: Memcache::connect(): php_network_getaddresses: REASON
Notice: Memcache::connect(): Server no.such.host.invalid (tcp %d, udp 0) failed with: Connection failed: php_network_getaddresses: REASON
Warning: Memcache::connect(): Can't connect to no.such.host.invalid:%d, Connection failed: php_network_getaddresses: REASON
connect to 'no.such.host.invalid': false
next call: [true, 1]
Notice: Memcache::connect(): Server HOST failed with: Connection failed: REASON (0)
Warning: Memcache::connect(): Can't connect to HOST, Connection failed: REASON (0)
connect to 'nonsense://127.0.0.1': false
next call: [true, 1]
Notice: Memcache::connect(): Server HOST failed with: Connection failed: REASON (2)
Warning: Memcache::connect(): Can't connect to HOST, Connection failed: REASON (2)
connect to 'unix:///no/such/socket': false
next call: [true, 1]
Warning: Memcache::connect(): php_network_getaddresses: REASON
Notice: Memcache::connect(): Server 256.256.256.256 (tcp %d, udp 0) failed with: Connection failed: php_network_getaddresses: REASON
Warning: Memcache::connect(): Can't connect to 256.256.256.256:%d, Connection failed: php_network_getaddresses: REASON
connect to '256.256.256.256': false
next call: [true, 1]
Warning: Memcache::connect(): php_network_getaddresses: REASON
Notice: Memcache::connect(): Server a
b (tcp %d, udp 0) failed with: Connection failed: php_network_getaddresses: REASON
Warning: Memcache::connect(): Can't connect to a
b:%d, Connection failed: php_network_getaddresses: REASON
connect to "a\x0ab": false
next call: [true, 1]
Warning: Memcache::connect(): php_network_getaddresses: REASON
Notice: Memcache::connect(): Server LONG (tcp %d, udp 0) failed with: Connection failed: php_network_getaddresses: REASON
Warning: Memcache::connect(): Can't connect to LONG:%d, Connection failed: php_network_getaddresses: REASON
connect to 'hhhhhhhhhhhhhhhhhhhhhhhhhhhhhh': false
next call: [true, 1]
connect to 'unix://': false
connect to '[::': false
addServer takes it: true
Warning: MemcachePool::get(): php_network_getaddresses: REASON
Notice: MemcachePool::get(): Server no.such.host.invalid (tcp %d, udp 0) failed with: Connection failed: php_network_getaddresses: REASON
the first use says so: false
server: 0
