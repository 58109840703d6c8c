"""pylibmc, libmemcached's Python: both protocols, and a login."""
import sys

from checks import LARGE, check, main, until


def program():
    import pylibmc

    def tried(call, *arguments):
        """Over the binary protocol a miss is an exception to some calls."""
        try:
            return call(*arguments)
        except pylibmc.NotFound:
            return False

    protocol, port, *login = sys.argv[1:]
    more = {'username': login[0], 'password': login[1]} if login else {}
    client = pylibmc.Client([f'127.0.0.1:{port}'], binary=protocol == 'binary', behaviors={'cas': True, 'tcp_nodelay': True}, **more)
    check('set', True, client.set('a', 'text'))
    check('get', 'text', client.get('a'))
    check('other types', [1, 2.5, ['x'], True], [client.set('t', v) and client.get('t') for v in (1, 2.5, ['x'], True)])
    check('a miss', None, client.get('missing'))
    check('add', [False, True], [client.add('a', '2'), client.add('b', '2')])
    check('replace', [True, False], [client.replace('a', '3'), tried(client.replace, 'missing', '3')])
    check('append and prepend', '<3>', client.append('a', '>') and client.prepend('a', '<') and client.get('a'))
    check('set_multi', [], client.set_multi({f'k{i}': i for i in range(300)}))
    check('get_multi', {f'k{i}': i for i in range(300)}, client.get_multi([f'k{i}' for i in range(301)]))
    value, cas = client.gets('b')
    check('gets', '2', value)
    check('cas', [True, False], [client.cas('b', '4', cas), client.cas('b', '5', cas)])
    check('incr', 46, client.set('n', 41) and client.incr('n', 5))
    check('decr', 40, client.decr('n', 6))
    check('delete', [True, False], [client.delete('a'), client.delete('a')])
    check('delete_multi', True, client.delete_multi(['k0', 'k1']))
    check('a large value', LARGE, client.set('large', LARGE) and client.get('large'))
    check('touch', True, client.touch('b', 100))
    client.set('short', 'x', time=1)
    until('expiry', lambda: client.get('short') is None)
    check('get_stats', True, int(client.get_stats()[0][1]['cmd_get']) > 300)
    check('flush_all', [True, None], [client.flush_all(), client.get('b')])


main('pylibmc', program)
