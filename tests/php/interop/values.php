<?php
/* The values that the extensions exchange, name => value; and what each must read back as. */
enum Suit: string
{
    case Hearts = 'h';
    case Spades = 's';
}

class Node
{
    public ?Node $next = null;

    public function __construct(public int $number, protected float $weight, private string $label)
    {
    }
}

class Custom
{
    public function __construct(public array $data = [])
    {
    }

    public function __serialize(): array
    {
        return ['kept' => $this->data];
    }

    public function __unserialize(array $data): void
    {
        $this->data = $data['kept'];
    }
}

/** Bytes that do not compress and are always the same. */
function noise(int $length): string
{
    mt_srand(7);
    for ($bytes = ''; strlen($bytes) < $length;) {
        $bytes .= chr(mt_rand(0, 255));
    }
    return $bytes;
}

function values(): array
{
    $node = new Node(1, 0.1, "label \0");
    $node->next = new Node(2, -INF, '');
    $cycle = new stdClass;
    $cycle->self = $cycle;
    $referring = ['first' => 1, 'second' => null];
    $referring['second'] = &$referring['first'];
    return [
        'string empty' => '',
        'string zero' => '0',
        'string text' => 'some text',
        'string binary' => "\0\r\nEND\r\n\xff\x80",
        'string looks serialized' => 'i:5;',
        'string utf-8' => 'žluťoučký kůň 日本語',
        'string long' => str_repeat('compressible ', 4000),
        'string long noise' => noise(50000),
        'string at threshold' => str_repeat('t', 20000),
        'string below threshold' => str_repeat('t', 19999),
        'int 0' => 0,
        'int 1' => 1,
        'int -1' => -1,
        'int max' => PHP_INT_MAX,
        'int min' => PHP_INT_MIN,
        'float 0' => 0.0,
        'float -0' => -0.0,
        'float' => 0.1,
        'float whole' => 100.0,
        'float negative' => -1.5,
        'float large' => 1e100,
        'float small' => -1e-100,
        'float exponent up' => 1e15,
        'float exponent down' => 0.00001,
        'float inf' => INF,
        'float -inf' => -INF,
        'float nan' => NAN,
        'true' => true,
        'false' => false,
        'null' => null,
        'array empty' => [],
        'array list' => [1, 2.5, 'three', true, null],
        'array nested' => ['a' => ['b' => ['c' => [1 => ['d' => []]]]], 7 => [-0.0, NAN, INF]],
        'array long' => array_fill(0, 5000, 'value'),
        'array with references' => $referring,
        'object' => (object)['property' => [1, 2], '0' => 'numeric'],
        'object of a class' => $node,
        'object twice' => [$node, $node],
        'object in itself' => $cycle,
        'object with own form' => new Custom(['x' => 1.5]),
        'object of PHP' => new ArrayObject(['a' => new DateTimeZone('UTC')]),
        'enum' => Suit::Spades,
        'enum in an array' => [Suit::Hearts, 'k' => Suit::Spades],
    ];
}

/** A value in a form in which equal forms mean equal values: types, signs of zero, references, identity. */
function form(mixed $value): string
{
    return get_debug_type($value) . ' ' . (is_float($value) ? var_export($value, true) : serialize($value));
}
