<?php
/* set() and get() of each expression; row: [php, threshold, min_savings, flags argument], '' = not given. */
enum Suit
{
    case Hearts;
}

/** n bytes that look random and are always the same. */
function R(int $n): string
{
    mt_srand(7);
    for ($bytes = ''; strlen($bytes) < $n;) {
        $bytes .= chr(mt_rand(0, 255));
    }
    return $bytes;
}

function same(mixed $a, mixed $b): bool
{
    return match (true) {
        is_object($a) => $a == $b,
        is_float($a) && is_nan($a) => is_float($b) && is_nan($b),
        default => $a === $b,
    };
}

return function (array $rows): array {
    global $MSG;
    $answers = [];
    foreach ($rows as $i => [$php, $threshold, $savings, $flags]) {
        $MSG = [];
        $memcache = M();
        if ($threshold !== '') {
            $savings !== '' ? $memcache->setCompressThreshold((int)$threshold, (float)$savings) : $memcache->setCompressThreshold((int)$threshold);
        }
        try {
            $value = eval("return $php;");
            $result = $memcache->set("k$i", $value, (int)$flags);
            $back = $memcache->get("k$i");
        } catch (Throwable $e) {
            $result = get_class($e) . ': ' . $e->getMessage();
            $back = null;
        }
        $memcache->close();
        $shown = is_scalar($back) && !is_string($back) ? var_export($back, true) : gettype($back);
        $answers[] = [$result, (same($value, $back) ? 'same: ' : 'differs: ') . $shown, $MSG];
    }
    return $answers;
};
