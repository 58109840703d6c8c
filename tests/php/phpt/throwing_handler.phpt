--TEST--
An error handler that throws: the exception comes out of the call, the next call works
--FILE--
<?php
require __DIR__ . '/standin.inc';
$ignored = getenv('MCRS_TEST_IGNORED_MESSAGE');
set_error_handler(function (int $level, string $text) use ($ignored) {
    if ($ignored && str_contains($text, $ignored)) {
        return true;
    }
    throw new ErrorException($text);
});
$net = new StandIn([[null, reply("rubbish\r\n"), reply("CLIENT_ERROR no\r\n"), reply("VALUE k 1 1\r\nx\r\nEND\r\n")]]);
$m = $net->memcache();
attempt('set', fn() => $m->set('k', 'v'));
$message = function (callable $call) {
    try {
        return $call();
    } catch (ErrorException $e) {
        return preg_replace('/tcp \d+/', 'tcp PORT', $e->getMessage());
    }
};
show('rubbish', $message(fn() => $m->set('k', 'w')));
show('switched on again', $m->setServerParams(HOST, $net->ports[0]));
show('client error', $message(fn() => $m->increment('k')));
show('cannot be decoded', $message(fn() => $m->get('k')));
show('wrong key', $message(fn() => $m->get('')));
show('wrong key among many', $message(fn() => $m->get(['k', '', 'l'])));
show('array for a key', $message(fn() => $m->get([['x']])));
show('wrong flags', $message(fn() => $m->set('k', 'v', 1)));
show('unknown server', $message(fn() => $m->getServerStatus('nowhere', 1)));
show('weight', $message(fn() => $m->addServer(HOST, 1, false, 0)));
show('ini', $message(fn() => ini_set('memcache.protocol', 'x')));
show('no servers', $message(fn() => (new Memcache)->get('k')));
show('next', [$m->set('k', 'x'), $m->get('k'), $m->get(['k'])]);
?>
--EXPECT--
set: true
rubbish: 'MemcachePool::set(): Server 127.0.0.1 (tcp PORT, udp 0) failed with: rubbish (0)'
switched on again: true
client error: 'MemcachePool::increment(): Server 127.0.0.1 (tcp PORT, udp 0) failed with: CLIENT_ERROR no (6)'
cannot be decoded: 'MemcachePool::get(): Failed to unserialize data'
wrong key: 'MemcachePool::get(): Invalid key'
wrong key among many: 'MemcachePool::get(): Invalid key'
array for a key: 'Array to string conversion'
wrong flags: 'MemcachePool::set(): The lowest two bytes of the flags array is reserved for pecl/memcache internal use'
unknown server: 'MemcachePool::getserverstatus(): Server not found in pool'
weight: 'Memcache::addserver(): weight must be a positive integer'
ini: 'ini_set(): memcache.protocol must be in set {ascii, binary} (\'x\' given)'
no servers: 'MemcachePool::get(): No servers added to memcache connection'
next: [true, 'x', ['k' => 'x']]
