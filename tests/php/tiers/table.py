"""Reading the tab-separated vector files."""
from harness.settings import VECTORS


def rows(name):
    """The rows of a table as dicts by column name; lines that start with # are left out."""
    lines = [line for line in (VECTORS / name).read_text().splitlines() if not line.startswith('#')]
    columns = lines[0].split('\t')
    return [dict(zip(columns, line.split('\t'), strict=True)) for line in lines[1:]]
