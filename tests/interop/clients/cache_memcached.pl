# Cache::Memcached and Cache::Memcached::Fast: the text protocol.
use strict;
use warnings;

my ($class, $port) = @ARGV;
eval "require $class" or do { print STDERR $@; exit 77 };

sub check {
    my ($what, $expected, $actual) = @_;
    $_ = defined $_ ? $_ : 'undef' for $expected, $actual;
    print $expected eq $actual ? "ok $what\n"
        : "FAIL $what: " . substr($actual, 0, 200) . ' and not ' . substr($expected, 0, 200) . "\n";
}

my $m = $class->new({ servers => ["127.0.0.1:$port"], compress_threshold => 0 });
check('set', 1, $m->set('a', 'text'));
check('get', 'text', $m->get('a'));
check('a structure', 'x', $m->set('t', { list => ['x'] }) && $m->get('t')->{list}[0]);
check('a miss', undef, $m->get('missing'));
check('add', '0 1', join ' ', map { $_ || 0 } $m->add('a', '2'), $m->add('b', '2'));
check('replace', '1 0', join ' ', map { $_ || 0 } $m->replace('a', '3'), $m->replace('missing', '3'));
$m->set("k$_", "v$_") for 0 .. 299;
my $many = $m->get_multi(map { "k$_" } 0 .. 300);
check('get_multi', 300, scalar keys %$many);
check('its values', '', join ' ', grep { $many->{"k$_"} ne "v$_" } 0 .. 299);
check('incr', 46, $m->set('n', 41) && $m->incr('n', 5));
check('decr', 40, $m->decr('n', 6));
check('delete', '1 0', join ' ', map { $_ || 0 } $m->delete('a'), $m->delete('a'));
if ($m->can('gets')) {
    my $pair = $m->gets('b');
    check('gets', '2', $pair->[1]);
    check('cas', '1 0', join ' ', map { $_ || 0 } $m->cas('b', $pair->[0], '4'), $m->cas('b', $pair->[0], '5'));
}
my $large = join('', map { chr } 0 .. 255) x 3000;
check('a large value', 1, $m->set('large', $large) && $m->get('large') eq $large ? 1 : 0);
$m->set('short', 'x', 1);
for (1 .. 100) {
    last unless defined $m->get('short');
    select undef, undef, undef, 0.05;
}
check('expiry', undef, $m->get('short'));
check('flush_all', 1, $m->flush_all ? 1 : 0);
check('and nothing is left', undef, $m->get('b'));
$m->disconnect_all;
