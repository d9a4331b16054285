"""What is loaded before privileges are given up is all that names need."""

import subprocess
import sys

import pytest
from captures import CHECKOUT, PCAPS

pytest.importorskip("dns.message", reason="dnspython is not installed")

SCRIPT = """
import sys
from hearing import heard
from packets import SYN
import tracker.report.hosts, tracker.capture.pcap
for _ in heard("refused.pcap").meter.table.connections():
    pass
from tracker.names.ready import load_all
load_all()
before = set(sys.modules)
whole = heard("names.pcap")
names = {
    (name.source, name.text)
    for connection in whole.meter.table.connections()
    for side in (0, 1)
    if (name := whole.hosts.of(connection, side)) is not None
}
print(len({source for source, _ in names}), *sorted(set(sys.modules) - before))
"""


def test_all_is_loaded() -> None:
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        check=True,
        cwd=PCAPS,
        env={"PYTHONPATH": f"{CHECKOUT / 'tests'}:{':'.join(sys.path)}"},
    )
    sources, *loaded = process.stdout.split()
    assert int(sources) >= 6
    assert loaded == []
