--TEST--
Calls on the same object from inside a call: callbacks, serializers, error handlers, key conversion
--FILE--
<?php
require __DIR__ . '/standin.inc';
class Wakes
{
    public mixed $seen;
    public function __wakeup()
    {
        global $m;
        $this->seen = $m->get(key_of('other'));
    }
}
class Sleeps
{
    public function __serialize(): array
    {
        global $m;
        return ['inner' => $m->set(key_of('inner'), 'from inside')];
    }
    public function __unserialize(array $data): void
    {
    }
}
class Throws
{
    public function __wakeup()
    {
        throw new DomainException('from __wakeup');
    }
}
class Key
{
    public function __toString(): string
    {
        global $m;
        $m->set(key_of('from key'), 'seen');
        return key_of('other');
    }
}
$m = memcache();
$m->set(key_of('other'), 'other');
$m->set(key_of('w'), new Wakes);
show('get inside get', $m->get(key_of('w'))->seen);
$got = $m->get([key_of('w'), key_of('other')]);
show('get inside get of many', [count($got), $got[key_of('w')]->seen, $got[key_of('other')]]);
show('set inside set', [$m->set(key_of('outer'), new Sleeps), $m->get(key_of('inner'))]);
show('set inside set of many', $m->set([key_of('a') => new Sleeps, key_of('b') => new Sleeps]));
show('set inside a key', [$m->get(new Key), $m->get(key_of('from key'))]);
$m->set(key_of('t'), new Throws);
attempt('exception while reading', fn() => $m->get(key_of('t')));
attempt('exception while reading many', fn() => $m->get([key_of('t'), key_of('other')]));
show('works afterwards', [$m->get(key_of('other')), $m->set(key_of('other'), 'again'), $m->get(key_of('other'))]);
?>
--EXPECT--
get inside get: 'other'
get inside get of many: [2, 'other', 'other']
set inside set: [true, 'from inside']
set inside set of many: true
set inside a key: ['other', 'seen']
exception while reading: DomainException: from __wakeup
exception while reading many: DomainException: from __wakeup
works afterwards: ['other', true, 'again']
