"""nginx: pages out of the cache by memcached_pass."""
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from checks import LARGE, check

CONFIG = '''
daemon off;
master_process off;
pid {place}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    server {{
        listen 127.0.0.1:{listen};
        location / {{
            set $memcached_key $uri;
            memcached_pass 127.0.0.1:{cache};
            default_type text/plain;
        }}
    }}
}}
'''


def main():
    unpacked, cache = Path(sys.argv[1]), int(sys.argv[2])
    binary = unpacked / 'usr' / 'sbin' / 'nginx'
    if not binary.exists():
        print(f'{binary} is not there', file=sys.stderr)
        sys.exit(77)
    for key, value in (('/page', b'hello'), ('/large', LARGE), ('/empty', b'')):
        store(cache, key, value)
    with tempfile.TemporaryDirectory(prefix='mcrs-nginx-') as place:
        listen = free_port()
        (Path(place) / 'conf').write_text(CONFIG.format(place=place, listen=listen, cache=cache))
        nginx = subprocess.Popen([binary, '-p', place, '-e', 'stderr', '-c', f'{place}/conf'], stderr=subprocess.PIPE)
        try:
            ready(listen, nginx)
            for key, value in (('/page', b'hello'), ('/large', LARGE), ('/empty', b'')):
                check(f'GET {key}', (200, value), get(listen, key))
            check('GET of a miss', 404, get(listen, '/missing')[0])
        finally:
            nginx.kill()
            nginx.wait()


def store(port, key, value):
    with socket.create_connection(('127.0.0.1', port), timeout=10) as cache:
        cache.sendall(b'set %s 0 0 %d\r\n%s\r\n' % (key.encode(), len(value), value))
        check(f'set {key}', b'STORED\r\n', cache.recv(100))


def get(port, path):
    try:
        with urllib.request.urlopen(f'http://127.0.0.1:{port}{path}', timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def free_port():
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


def ready(port, process):
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(('127.0.0.1', port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.01)
    process.kill()
    print('FAIL nginx does not start:', process.stderr.read().decode(errors='replace'))
    sys.exit(1)


main()
