--TEST--
The flags and cas arguments: old values are released, types of properties are honoured
--SKIPIF--
<?php
if (getenv('MCRS_TEST_ORACLE')) {
    die('skip pecl writes over typed properties and does not release old values');
}
?>
--FILE--
<?php
require __DIR__ . '/common.inc';
final class Typed
{
    public int $int = 0;
    public ?string $string = null;
    public array $array = [];
    public bool $bool = false;
    public readonly int $readonly;
}
final class Tells
{
    public function __destruct()
    {
        echo "released\n";
    }
}
$m = memcache();
$k = key_of('k');
$m->set($k, 12);
$typed = new Typed;
attempt('int', fn() => [$m->get($k, $typed->int), $typed->int]);
attempt('string', fn() => [$m->get($k, $typed->string), $typed->string]);
attempt('array', fn() => $m->get($k, $typed->array));
show('unchanged', $typed->array);
attempt('bool', fn() => [$m->get($k, $typed->bool), $typed->bool]);
attempt('array of many', fn() => [array_values($m->get([$k], $typed->array)), array_values($typed->array)]);
attempt('int of many', fn() => $m->get([$k], $typed->int));
show('unchanged', $typed->int);
$flags = new Tells;
show('get', [$m->get($k, $flags), $flags]);
$flags = $cas = new Tells;
show('get', [$m->get([$k], $flags, $cas) !== [], is_array($flags), is_array($cas)]);
show('the same variable twice', [$m->get($k, $both, $both), is_int($both)]);
?>
--EXPECT--
int: [12, 768]
string: [12, '768']
array: TypeError: Cannot assign int to reference held by property Typed::$array of type array
unchanged: []
bool: [12, true]
array of many: [[12], [768]]
int of many: TypeError: Cannot assign array to reference held by property Typed::$int of type int
unchanged: 768
released
get: [12, 768]
released
get: [true, true, true]
the same variable twice: [12, true]
