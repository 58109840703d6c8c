"""Where the things under test are, from the environment (see tests/php/README.md)."""
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
ROOT = HERE.parents[1]
VECTORS = HERE / 'vectors'

# The kinds of deprecation that only the Debian build of pecl's extension causes on PHP 8.2: it
# creates its properties without #[AllowDynamicProperties].
PECL_DEPRECATION = 'Creation of dynamic property Memcache'


class Settings:
    """Paths and switches of one run. `oracle` means: pecl's own extension stands in for ours."""

    def __init__(self, oracle=False, jobs=None):
        self.oracle = oracle
        self.jobs = jobs or os.cpu_count() or 2
        self.skips_fail = os.environ.get('CI') == 'true' or os.environ.get('MCRS_TEST_NO_SKIP') == '1'
        self.php = os.environ.get('PHP', 'php')
        self.php_config = os.environ.get('PHP_CONFIG', 'php-config')
        self.work = ROOT / 'target' / 'phptest'
        self.pecl = self._file('MCRS_TEST_PECL') or self._unpacked_pecl()
        own = self._file('MCRS_TEST_EXTENSION') or ROOT / 'target' / 'dist' / 'memcache_rs.so'
        self.extension = self.pecl if oracle else own
        self.memcached = os.environ.get('MCRS_TEST_MEMCACHED') or shutil.which('memcached')
        self.mcrsd = self._file('MCRS_TEST_MCRSD') or self._built_mcrsd()

    @staticmethod
    def _file(name):
        value = os.environ.get(name)
        return Path(value).resolve() if value else None

    @staticmethod
    def _unpacked_pecl():
        found = sorted((ROOT / 'target' / 'pecl').glob('usr/lib/php/*/memcache.so'))
        return found[-1] if found else None

    @staticmethod
    def _built_mcrsd():
        for place in ('dist', 'release', 'debug'):
            path = ROOT / 'target' / place / 'mcrsd'
            if path.exists():
                return path
        return None

    def php_command(self, *ini, extension=None):
        """php without any php.ini, with one extension loaded and messages on stderr."""
        command = [self.php, '-n', '-d', f'extension={extension or self.extension}']
        for setting in ('display_errors=stderr', 'html_errors=0', 'log_errors=0', *ini):
            command += ['-d', setting]
        return command

    def run_tests_php(self):
        """PHP's own test runner, which comes with its headers; None when they are not installed."""
        places = []
        for question, rest in (('--extension-dir', 'build'), ('--prefix', 'lib/php/build')):
            try:
                answer = subprocess.run([self.php_config, question], capture_output=True, text=True,
                                        check=True).stdout.strip()
            except (OSError, subprocess.CalledProcessError):
                return None
            places.append(Path(answer) / rest / 'run-tests.php')
        return next((p for p in places if p.exists()), None)
