"""pymemcache: the text protocol."""
import sys

from checks import LARGE, check, main, until


def program():
    from pymemcache.client.base import Client
    client = Client(('127.0.0.1', int(sys.argv[1])), default_noreply=False)
    check('set', True, client.set('a', b'1', flags=5))
    check('get', b'1', client.get('a'))
    check('a miss', None, client.get('missing'))
    check('add', [False, True], [client.add('a', b'2'), client.add('b', b'2')])
    check('replace', [True, False], [client.replace('a', b'3'), client.replace('missing', b'3')])
    check('append and prepend', [True, True], [client.append('a', b'>'), client.prepend('a', b'<')])
    check('get_many', {'a': b'<3>', 'b': b'2'}, client.get_many(['a', 'b', 'missing']))
    value, cas = client.gets('b')
    check('cas', [True, False, None], [client.cas('b', b'4', cas), client.cas('b', b'5', cas), client.cas('missing', b'', cas)])
    check('gets_many', [b'4'], [value for value, _ in client.gets_many(['b', 'missing']).values()])
    check('incr', 46, client.set('n', b'41') and client.incr('n', 5))
    check('decr', 0, client.decr('n', 99))
    check('incr of nothing', None, client.incr('missing', 1))
    check('set_many', [], client.set_many({f'k{i}': b'v' for i in range(300)}))
    check('get_many of many', 300, len(client.get_many([f'k{i}' for i in range(300)])))
    check('delete', [True, False], [client.delete('a'), client.delete('a')])
    check('delete_many', [None, None], [client.delete_many(['k0', 'k1']) and None, client.get('k0')])
    check('a large value', LARGE, client.set('large', LARGE) and client.get('large'))
    check('touch', [True, False], [client.touch('b', 100), client.touch('missing', 100)])
    client.set('short', b'x', expire=1)
    until('expiry', lambda: client.get('short') is None)
    check('noreply', b'quiet', client.set('q', b'quiet', noreply=True) and client.get('q'))
    check('stats', True, client.stats()[b'cmd_get'] > 300)
    check('stats settings', True, b'maxbytes' in client.stats('settings'))
    check('version', b'1.6.', client.version()[:4])
    check('flush_all', [True, None], [client.flush_all(), client.get('b')])
    try:
        client.set('k' * 251, b'')
    except Exception as error:
        check('a key that is too long', 'MemcacheIllegalInputError', type(error).__name__)
    client.quit()


main('pymemcache', program)
