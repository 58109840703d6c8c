"""python-binary-memcached: the binary protocol, and a login."""
import sys

from checks import LARGE, check, main, until


def program():
    import bmemcached
    port, *login = sys.argv[1:]
    client = bmemcached.Client([f'127.0.0.1:{port}'], *login)
    check('set', True, client.set('a', 'text'))
    check('get', 'text', client.get('a'))
    check('other types', [1, b'raw', ['x']], [client.set('t', v) and client.get('t') for v in (1, b'raw', ['x'])])
    check('a miss', None, client.get('missing'))
    check('add', [False, True], [client.add('a', '2'), client.add('b', '2')])
    check('replace', [True, False], [client.replace('a', '3'), client.replace('missing', '3')])
    check('set_multi', [], client.set_multi({f'k{i}': str(i) for i in range(300)}))
    check('get_multi', {f'k{i}': str(i) for i in range(300)}, client.get_multi([f'k{i}' for i in range(301)]))
    value, cas = client.gets('b')
    check('cas', [True, False], [client.cas('b', '4', cas), client.cas('b', '5', cas)])
    check('incr', [41, 46], [client.incr('n', 5, default=41), client.incr('n', 5)])
    check('decr', 40, client.decr('n', 6))
    check('delete', [True, None], [client.delete('a'), client.get('a')])
    check('delete_multi', True, client.delete_multi(['k0', 'k1']))
    # Not to be compressed away.
    check('a large value', LARGE, client.set('large', LARGE, compress_level=0) and client.get('large'))
    client.set('short', 'x', time=1)
    until('expiry', lambda: client.get('short') is None)
    [figures] = client.stats().values()
    check('stats', True, int(figures['cmd_get']) > 2)
    check('flush_all', [True, None], [client.flush_all(), client.get('b')])
    client.disconnect_all()


main('bmemcached', program)
