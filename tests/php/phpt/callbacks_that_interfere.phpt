--TEST--
User code that runs inside a call may change everything the call works with
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip pecl crashes');
}
?>
--FILE--
<?php
require __DIR__ . '/standin.inc';
function refusing(callable $callback, int $servers = 1): Memcache
{
    static $keep = [];
    $keep[] = $net = new StandIn(servers: $servers, down: range(0, $servers - 1));
    $m = $net->memcache();
    $m->setFailureCallback(fn(...$arguments) => $callback($m, ...$arguments));
    return $m;
}
attempt('close', fn() => refusing(fn($m) => $m->close())->set('k', 'v'));
attempt('close in get of many', fn() => refusing(fn($m) => $m->close(), 3)->get(['a', 'b', 'c', 'd']));
attempt('add a server', fn() => refusing(fn($m) => $m->addServer(HOST, port(), false))->get('k'));
attempt('another property', fn() => refusing(function ($m) { $m->connection = 5; })->get(['k']));
attempt('no property', fn() => refusing(function ($m) { unset($m->connection); }, 2)->set(['k' => 1, 'l' => 2]));
attempt('no callback any more', fn() => refusing(fn($m) => $m->setFailureCallback(null), 3)->set(['k' => 1, 'l' => 2, 'm' => 3]));
attempt('the same call again', fn() => refusing(fn($m) => $m->get('other'), 3)->get('k'));
attempt('exception', fn() => refusing(fn() => throw new DomainException('from the callback'), 3)->get(['a', 'b', 'c', 'd']));

final class Closes
{
    public function __construct(private Memcache $m)
    {
    }
    public function __toString(): string
    {
        $this->m->close();
        return 'k';
    }
    public function __serialize(): array
    {
        $this->m->close();
        return [];
    }
}
$m = memcache();
attempt('a key that closes', fn() => $m->get(new Closes($m)));
$m = memcache();
attempt('a key among many that closes', fn() => $m->get(['a', new Closes($m), 'b']));
$m = memcache();
attempt('a value that closes', fn() => $m->set('k', new Closes($m)));
$m = memcache();
attempt('a value among many that closes', fn() => $m->set([key_of('a') => 1, key_of('b') => new Closes($m), key_of('c') => 3]));
attempt('then', fn() => [$m->addServer(HOST, port(), false), $m->set(key_of('k'), 1), $m->get(key_of('k'))]);

final class Grows implements JsonSerializable
{
    public static array $values = [];
    public function __serialize(): array
    {
        self::$values = array_fill(0, 1000, 'replaced');
        return [];
    }
    public function __unserialize(array $data): void
    {
    }
    public function jsonSerialize(): mixed
    {
        return null;
    }
}
Grows::$values = [key_of('x') => new Grows, key_of('y') => 'kept'];
attempt('a value that replaces the array', fn() => [$m->set(Grows::$values), $m->get(key_of('y'))]);
?>
--EXPECTF--
close: false
close in get of many: []
add a server: false
another property: []
no property: false
Notice: MemcachePool::set(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Connection failed: Connection refused (111)
Notice: MemcachePool::set(): Server 127.0.0.1 (tcp %d, udp 0) failed with: Connection failed: Connection refused (111)
no callback any more: false
the same call again: false
exception: DomainException: from the callback
a key that closes: false
a key among many that closes: []
a value that closes: false
a value among many that closes: false
then: [true, true, 1]
a value that replaces the array: [true, 'kept']
