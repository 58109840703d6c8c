"""The reflection surface: `php --re memcache` against the recorded listing, the stub against both."""
import difflib
import fnmatch
import json
import re
import subprocess
import tomllib

from harness.settings import HERE, ROOT, VECTORS

STUB = ROOT / 'php' / 'memcache.stub.php'


def run(settings, report, only):
    if fnmatch.fnmatch('reflection', only):
        reflection(settings, report)
    if fnmatch.fnmatch('stub', only) and not settings.oracle:
        stub(settings, report)


def reflection(settings, report):
    """Every line that differs is in exceptions.toml, and every line there differs."""
    listing = subprocess.run([*settings.php_command(), '--re', 'memcache'], capture_output=True, text=True,
                             check=True).stdout
    listing = re.sub(r'extension #\d+', 'extension #N', listing)
    recorded = (VECTORS / 'reflection.txt').read_text()
    differing = sorted(' '.join(line.split()) for line in difflib.ndiff(recorded.split('\n'), listing.split('\n'))
                       if line[:1] in '+-')
    entries = tomllib.loads((VECTORS / 'exceptions.toml').read_text())
    entries = entries.get('reflection80' if settings.oracle else 'reflection', [])
    for entry in entries:
        if not entry.get('reason'):
            report.failed('reflection', f'{entry["lines"]}: no reason')
    report.check('reflection', sorted(line for entry in entries for line in entry['lines']), differing)


def stub(settings, report):
    """php/memcache.stub.php states the API by hand; both readings of it must be the same."""
    script = str(HERE / 'tiers' / 'php' / 'signatures.php')
    declared = subprocess.run([settings.php, '-n', script, str(STUB)], capture_output=True, text=True)
    loaded = subprocess.run([*settings.php_command(), script], capture_output=True, text=True)
    for name, process in (('stub', declared), ('extension', loaded)):
        if process.returncode:
            report.failed('stub', f'reading the {name}: {process.stdout}{process.stderr}')
            return
    declared, loaded = json.loads(declared.stdout), json.loads(loaded.stdout)
    for symbol in sorted(set(declared) | set(loaded)):
        report.check(f'stub {symbol}', loaded.get(symbol), declared.get(symbol))
