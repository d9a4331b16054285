"""The public names of the package, loaded when they are first used."""

import subprocess
import sys
from pathlib import Path

import pytest

import tracker

PCAPS = Path(__file__).parents[1] / "pcaps"


@pytest.mark.parametrize("name", sorted(set(dir(tracker)) - {"__version__"}))
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(tracker, name).__name__ == name


def test_others_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'netstat'"):
        _ = tracker.netstat


def test_importing_the_package_loads_nothing_of_it() -> None:
    """Nothing but what finds the compiled modules."""
    program = "import sys, tracker; print(*(m for m in sys.modules if m.startswith('tracker.')))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "tracker.compiled\n"


def test_a_capture_read_from_python() -> None:
    """The shortest way from a capture to its connections, with the names above."""
    from tracker.capture.saved import in_time_order
    from tracker.replay import replay
    from tracker.tables import flow_table

    meter = tracker.Meter(flow_table(tracker.Config(), keep_ended=True))
    capture = tracker.SavedCapture(str(PCAPS / "half-closed.pcap"))
    replay(in_time_order([capture]), meter, tracker.Moment())
    capture.close()
    (connection,) = meter.table.connections()
    # pcaps/truth.jsonl: the client's kernel said FIN-WAIT-2, the server's CLOSE-WAIT.
    assert connection.a.state == tracker.State.FIN_WAIT_2
    assert connection.b.state == tracker.State.CLOSE_WAIT
