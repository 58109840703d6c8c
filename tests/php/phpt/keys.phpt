--TEST--
Keys: every type, the empty key, bytes that cannot be sent, keys that are too long
--FILE--
<?php
require __DIR__ . '/standin.inc';
$net = new StandIn();
$m = $net->memcache();
$object = new class {
    public function __toString(): string
    {
        return 'from object';
    }
};
foreach (['text', 12, -3, 1.0, 1.5, 1e25, true, $object, 'a b', "line\r\nbreak", "tab\tnul\0del\x7f", "caf\xc3\xa9", "\xff\x80", 'END', str_repeat('k', 250), str_repeat('l', 251), str_repeat('m', 1000)] as $key) {
    $m->set($key, 'v');
    show(is_object($key) ? 'object' : text(is_string($key) ? substr($key, 0, 20) : $key), $m->get($key));
}
foreach (['', null, false] as $key) {
    attempt('get ' . text($key), fn() => $m->get($key));
    attempt('set ' . text($key), fn() => $m->set($key, 'v'));
    attempt('delete ' . text($key), fn() => $m->delete($key));
    attempt('increment ' . text($key), fn() => $m->increment($key));
}
show('many, with bad ones', $m->get(['text', '', null, 'END']));
show('only bad ones', [$m->get(['']), $m->increment([null]), $m->delete([''])]);
show('an array in an array', $m->get([['x']]));
foreach ($net->log() as $line) {
    echo preg_replace_callback('/(\w)\1{40,}/', fn($r) => $r[1] . '{' . strlen($r[0]) . '}', preg_replace_callback('/[^\x20-\x7e]/', fn($r) => sprintf('\x%02x', ord($r[0])), $line)), "\n";
}
attempt('object without text', fn() => $m->get(new stdClass));
attempt('object without text, among others', fn() => $m->get(['text', new stdClass]));
show('works afterwards', $m->get('text'));
?>
--EXPECT--
'text': 'v'
12: 'v'
-3: 'v'
1.0: 'v'
1.5: 'v'
1.0E+25: 'v'
true: 'v'
object: 'v'
'a b': 'v'
"line\x0d\x0abreak": 'v'
"tab\x09nul\x00del\x7f": 'v'
"caf\xc3\xa9": 'v'
"\xff\x80": 'v'
'END': 'v'
'kkkkkkkkkkkkkkkkkkkk': 'v'
'llllllllllllllllllll': 'v'
'mmmmmmmmmmmmmmmmmmmm': 'v'
Warning: MemcachePool::get(): Invalid key
get '': false
Warning: MemcachePool::set(): Invalid key
set '': false
Warning: MemcachePool::delete(): Invalid key
delete '': false
Warning: MemcachePool::increment(): Invalid key
increment '': false
Warning: MemcachePool::get(): Invalid key
get NULL: false
Warning: MemcachePool::set(): Invalid key
set NULL: false
Warning: MemcachePool::delete(): Invalid key
delete NULL: false
Warning: MemcachePool::increment(): Invalid key
increment NULL: false
Warning: MemcachePool::get(): Invalid key
get false: false
Warning: MemcachePool::set(): Invalid key
set false: false
Warning: MemcachePool::delete(): Invalid key
delete false: false
Warning: MemcachePool::increment(): Invalid key
increment false: false
Warning: MemcachePool::get(): Invalid key
Warning: MemcachePool::get(): Invalid key
many, with bad ones: ['text' => 'v', 'END' => 'v']
Warning: MemcachePool::get(): Invalid key
Warning: MemcachePool::increment(): Invalid key
Warning: MemcachePool::delete(): Invalid key
only bad ones: [[], [], false]
Warning: Array to string conversion
an array in an array: []
0.0 set text 0 0 1\x0d\x0av
0.0 get text
0.0 set 12 0 0 1\x0d\x0av
0.0 get 12
0.0 set -3 0 0 1\x0d\x0av
0.0 get -3
0.0 set 1 0 0 1\x0d\x0av
0.0 get 1
0.0 set 1.5 0 0 1\x0d\x0av
0.0 get 1.5
0.0 set 1.0E+25 0 0 1\x0d\x0av
0.0 get 1.0E+25
0.0 set 1 0 0 1\x0d\x0av
0.0 get 1
0.0 set from_object 0 0 1\x0d\x0av
0.0 get from_object
0.0 set a_b 0 0 1\x0d\x0av
0.0 get a_b
0.0 set line__break 0 0 1\x0d\x0av
0.0 get line__break
0.0 set tab_nul_del\x7f 0 0 1\x0d\x0av
0.0 get tab_nul_del\x7f
0.0 set caf\xc3\xa9 0 0 1\x0d\x0av
0.0 get caf\xc3\xa9
0.0 set \xff\x80 0 0 1\x0d\x0av
0.0 get \xff\x80
0.0 set END 0 0 1\x0d\x0av
0.0 get END
0.0 set k{250} 0 0 1\x0d\x0av
0.0 get k{250}
0.0 set l{250} 0 0 1\x0d\x0av
0.0 get l{250}
0.0 set m{250} 0 0 1\x0d\x0av
0.0 get m{250}
0.0 get text END
0.0 get Array
object without text: Error: Object of class stdClass could not be converted to string
object without text, among others: Error: Object of class stdClass could not be converted to string
works afterwards: 'v'
