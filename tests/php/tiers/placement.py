"""Server selection: every cell of vectors/hash-servers.tsv and every row of failover-order.tsv."""
import fnmatch
import json

from harness import phpcase, pool
from harness.settings import HERE, PECL_DEPRECATION, VECTORS

from .table import rows

SCRIPTS = HERE / 'tiers' / 'php'
FAILOVER_BATCH = 64


def run(settings, report, only):
    keys = rows('hash-servers.tsv')
    pools = json.loads((VECTORS / 'hash-pools.json').read_text())
    command = settings.php_command('memory_limit=-1')
    jobs = []
    for combo in pools['combos']:
        strategy, function = combo.split('/')
        for column, servers in enumerate(pools['pools']):
            name = f'findServer {combo} {servers["name"]}'
            if fnmatch.fnmatch(name, only):
                argument = {'strategy': strategy, 'function': function, 'pool': servers,
                            'keys': [row['key_hex'] for row in keys]}
                expected = [row[combo][column] for row in keys]
                jobs.append(('tiers.placement:choices', {'command': command, 'argument': argument},
                             (check_choices, name, expected)))
    if fnmatch.fnmatch('wire keys', only):
        jobs.append(('tiers.placement:wire_keys',
                     {'command': command, 'keys': [row['key_hex'] for row in keys]},
                     (check_rows, 'wire key', [row['wire_key_hex'] or row['key_hex'] for row in keys])))
    failover = rows('failover-order.tsv')
    if fnmatch.fnmatch('failover order', only):
        for start in range(0, len(failover), FAILOVER_BATCH):
            batch = failover[start:start + FAILOVER_BATCH]
            jobs.append(('tiers.placement:orders', {'command': command, 'batch': batch},
                         (check_rows, 'failover order', [row['tried'] for row in batch])))

    def on_answer(tag, answer, error):
        check, name, expected = tag
        if error:
            report.failed(name, error)
        else:
            check(report, name, expected, answer, keys)

    pool.run(jobs, settings.jobs, on_answer)
    report.note(f'placement: {len(keys)} keys, {len(pools["pools"])} pools, {len(pools["combos"])} combinations')


def choices(command, argument):
    return phpcase.call(command, SCRIPTS / 'find_server.php', argument, dropped=PECL_DEPRECATION)[0]


def wire_keys(command, keys):
    wire = phpcase.call(command, SCRIPTS / 'wire_keys.php', keys, servers=1, dropped=PECL_DEPRECATION)[1]
    return [bytes.fromhex(record['q']).split(b' ')[1].hex() for record in wire]


def orders(command, batch):
    return phpcase.call(command, SCRIPTS / 'failover_order.php', batch, dropped=PECL_DEPRECATION)[0]


def check_choices(report, name, expected, digits, keys):
    """One test per pool and combination: every key of the table goes where it should."""
    wrong = [f'{row["key_hex"]}: expected {want}, got {got}'
             for row, want, got in zip(keys, expected, digits) if want != got]
    if wrong or len(digits) != len(expected):
        report.failed(name, '\n'.join([f'{len(wrong)} of {len(expected)} keys differ', *wrong[:5]]))
    else:
        report.passed()


def check_rows(report, name, expected, actual, _keys):
    """One test per row."""
    if len(actual) != len(expected):
        report.failed(name, f'{len(actual)} answers for {len(expected)} rows')
    for number, (want, got) in enumerate(zip(expected, actual)):
        report.check(f'{name} {number}', want, got)
