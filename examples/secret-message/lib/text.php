<?php
declare(strict_types=1);

/** For every place in a page where a string is put: text stays text, whatever it holds. */
function html(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE | ENT_HTML5, 'UTF-8');
}

/** Smiley => its emoji, the name of its picture in smileys/, and what a screen reader says. */
const SMILEYS = [
    ':-)' => ['🙂', 'smile', 'smile'],        ':)' => ['🙂', 'smile', 'smile'],
    ';-)' => ['😉', 'wink', 'wink'],          ';)' => ['😉', 'wink', 'wink'],
    ':-D' => ['😃', 'grin', 'big grin'],      ':D' => ['😃', 'grin', 'big grin'],
    ':-P' => ['😛', 'tongue', 'tongue out'],  ':P' => ['😛', 'tongue', 'tongue out'],
    ':-p' => ['😛', 'tongue', 'tongue out'],  ':p' => ['😛', 'tongue', 'tongue out'],
    ':-(' => ['🙁', 'sad', 'sad face'],       ':(' => ['🙁', 'sad', 'sad face'],
    ":'-(" => ['😢', 'cry', 'crying'],        ":'(" => ['😢', 'cry', 'crying'],
    ':-O' => ['😮', 'wow', 'surprised'],      ':O' => ['😮', 'wow', 'surprised'],
    ':-o' => ['😮', 'wow', 'surprised'],      ':o' => ['😮', 'wow', 'surprised'],
    ':-|' => ['😐', 'blank', 'straight face'], ':|' => ['😐', 'blank', 'straight face'],
    ':-/' => ['😕', 'doubt', 'doubtful'],     ':/' => ['😕', 'doubt', 'doubtful'],
    ':-*' => ['😘', 'kiss', 'kiss'],          ':*' => ['😘', 'kiss', 'kiss'],
    '8-)' => ['😎', 'cool', 'sunglasses'],    'B-)' => ['😎', 'cool', 'sunglasses'],
    '<3' => ['❤️', 'heart', 'heart'],
];

/** Control characters, but tab and line ends. */
const CONTROL = '/[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]/';

/**
 * A message as HTML: escaped, with smileys as pictures. Bytes that are not UTF-8 and control
 * characters become U+FFFD.
 *
 * Smileys are looked for in the bytes as they were written, before escaping: afterwards the end of
 * "&amp;" would make a wink of "&-)". All of them are ASCII, so a cut never goes through a
 * character.
 */
function message_html(string $message): string
{
    $html = '';
    foreach (preg_split(smiley_pattern(), $message, -1, PREG_SPLIT_DELIM_CAPTURE) as $i => $piece) {
        if ($i % 2 === 0) {
            $html .= preg_replace(CONTROL, "\u{FFFD}", html($piece));
        } else {
            [$emoji, $name, $says] = SMILEYS[$piece];
            $html .= "<span class=\"smiley $name\" role=\"img\" aria-label=\"$says\">$emoji</span>";
        }
    }
    return $html;
}

/**
 * One with a nose counts anywhere, as in "Hello:-)"; the others must stand alone, or "(8:)" and
 * "x<3" would grow faces. None counts as part of a word (":Paris") or of an address ("http://").
 */
function smiley_pattern(): string
{
    static $pattern = null;
    if ($pattern === null) {
        $withNose = preg_grep('/^[:;].*-/', array_keys(SMILEYS));
        $bare = array_diff(array_keys(SMILEYS), $withNose);
        $any = fn (array $smileys) => implode('|', array_map(preg_quote(...), $smileys));
        $pattern = "~({$any($withNose)}|(?<![^\\s.,!?()])(?:{$any($bare)}))"
            . '(?!(?<=\w)\w|(?<=/)/)~';
    }
    return $pattern;
}

/** Whether a page shows all of the message: UTF-8, and no control characters but white space. */
function is_plain_text(string $message): bool
{
    return preg_match('//u', $message) === 1 && !preg_match(CONTROL, $message);
}

/** 600 => "10 minutes". */
function duration(int $seconds): string
{
    [$count, $unit] = match (true) {
        $seconds % 3600 === 0 => [$seconds / 3600, 'hour'],
        $seconds % 60 === 0 => [$seconds / 60, 'minute'],
        default => [$seconds, 'second'],
    };
    return "$count $unit" . ($count === 1 ? '' : 's');
}
