--TEST--
What is set comes back: every type of value
--FILE--
<?php
require __DIR__ . '/common.inc';
enum Suit: string
{
    case Hearts = 'h';
}
class Point
{
    public ?Point $next = null;
    public function __construct(public int $x, protected float $y, private string $z)
    {
    }
}
class Custom
{
    public array $data = [];
    public function __serialize(): array
    {
        return ['in' => 'serialized'];
    }
    public function __unserialize(array $data): void
    {
        $this->data = $data;
    }
}
$m = memcache();
$shared = new Point(1, 2.5, "z\0");
$shared->next = new Point(2, INF, '');
$loop = new stdClass;
$loop->self = $loop;
$list = [1];
$list['reference'] = &$list[0];
$values = [
    '', '0', 'text', "binary \0\r\n\xff", "END\r\n", str_repeat('long ', 1000),
    0, 1, -1, PHP_INT_MAX, PHP_INT_MIN,
    0.0, 1.5, -1.5, 1e100, INF, -INF, NAN, -0.0, 0.1,
    true, false, null,
    [], [1, 2, 3], ['a' => ['b' => ['c' => null]]], [[], [[]]], range(1, 500), [true, 1.5, 'x'],
    new stdClass, (object)['p' => 1], $shared, [$shared, $shared], Suit::Hearts, new Custom, new ArrayObject([1, 2]),
];
$m->setCompressThreshold(0);
foreach ($values as $i => $value) {
    $m->set(key_of("v$i"), $value);
    $back = $m->get(key_of("v$i"));
    $what = is_string($value) ? 'string of ' . strlen($value) : (is_array($value) ? 'array of ' . count($value) : text($value));
    $same = serialize($value instanceof Custom ? 1 : $value) === serialize($back instanceof Custom ? 1 : $back);
    show(is_object($value) ? $value::class : $what, $same ? 'same' : $back);
}
$m->set(key_of('loop'), $loop);
$back = $m->get(key_of('loop'));
show('an object that holds itself', $back->self === $back);
$m->set(key_of('list'), $list);
$back = $m->get(key_of('list'));
$back[0] = 'changed';
show('a reference inside an array', $back['reference']);
$m->set(key_of('custom'), new Custom);
show('own serialization', $m->get(key_of('custom')));
attempt('a closure', fn() => $m->set(key_of('closure'), fn() => 1));
attempt('an anonymous class', fn() => $m->set(key_of('anonymous'), new class {}));
show('nothing was sent', $m->get(key_of('closure')));
show('a resource', [$m->set(key_of('resource'), STDIN), $m->get(key_of('resource'))]);
?>
--EXPECT--
string of 0: 'same'
string of 1: 'same'
string of 4: 'same'
string of 11: 'same'
string of 5: 'same'
string of 5000: 'same'
0: 'same'
1: 'same'
-1: 'same'
9223372036854775807: 'same'
-9223372036854775807-1: 'same'
0.0: 'same'
1.5: 'same'
-1.5: 'same'
1.0E+100: 'same'
INF: 'same'
-INF: 'same'
NAN: 'same'
-0.0: 'same'
0.1: 'same'
true: 'same'
false: 'same'
NULL: false
array of 0: 'same'
array of 3: 'same'
array of 1: 'same'
array of 2: 'same'
array of 500: 'same'
array of 3: 'same'
stdClass: 'same'
stdClass: 'same'
Point: 'same'
array of 2: 'same'
Suit: 'same'
Custom: 'same'
ArrayObject: 'same'
an object that holds itself: true
a reference inside an array: 'changed'
own serialization: Custom['data' => ['in' => 'serialized']]
a closure: Exception: Serialization of 'Closure' is not allowed
an anonymous class: Exception: Serialization of 'class@anonymous' is not allowed
nothing was sent: false
a resource: [true, 0]
