--TEST--
A server on a unix socket: unix:///path with port 0
--SKIPIF--
<?php
if (!getenv('MCRS_TEST_PROGRAM')) {
    die('skip no server program');
}
?>
--FILE--
<?php
require __DIR__ . '/common.inc';
$path = sys_get_temp_dir() . '/mcrs-' . getmypid() . '.sock';
$command = [getenv('MCRS_TEST_PROGRAM'), '-s', $path];
if (getenv('MCRS_TEST_USER')) {
    array_push($command, '-u', getenv('MCRS_TEST_USER'), '-a', '0777');
}
$server = proc_open($command, [], $pipes);
for ($limit = microtime(true) + 10; !($probe = @stream_socket_client("unix://$path")) && microtime(true) < $limit;) {
    usleep(10000);
}
fclose($probe);
$host = "unix://$path";
$m = new Memcache;
show('addServer', $m->addServer($host, 0, false));
show('set', $m->set('k', 'v'));
show('get', $m->get('k'));
show('findServer', $m->findServer('k') === "$host:0");
show('status', $m->getServerStatus($host, 0));
show('connect', (new Memcache)->connect($host, 0));
show('memcache_pconnect', memcache_get(memcache_pconnect($host, 0), 'k'));
show('stats', array_keys($m->getExtendedStats()) === ["$host:0"]);
proc_terminate($server, 9);
proc_close($server);
show('gone', [@$m->get('k'), $m->getServerStatus($host, 0)]);
unlink($path);
?>
--EXPECT--
addServer: true
set: true
get: 'v'
findServer: true
status: 1
connect: true
memcache_pconnect: 'v'
stats: true
gone: [false, 0]
