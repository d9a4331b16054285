"""What fuzzing found, and our own captures, through the targets of fuzzing.

`fuzzed/TARGET` holds the inputs that once failed, made small and named for what they hold.
"""

from pathlib import Path

import fuzz_targets
import pytest
from captures import PCAPS
from fuzz_seeds import capture_seeds, wire_seeds

FUZZED = Path(__file__).resolve().parent / "fuzzed"
CAPTURES = sorted(PCAPS.glob("*.pcap*"))


@pytest.mark.parametrize(
    "path", sorted(FUZZED.glob("*/*")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_what_once_failed(path: Path) -> None:
    fuzz_targets.TARGETS[path.parent.name](path.read_bytes())


def test_frames() -> None:
    """One of each link type, and those of our captures."""
    for seed in wire_seeds(CAPTURES):
        fuzz_targets.wire(seed)


def test_files() -> None:
    """Every format, plain and compressed, and our captures."""
    for seed in capture_seeds(CAPTURES):
        fuzz_targets.capture(seed)


def test_known_link_types() -> None:
    """They are found out by asking the decoders."""
    known = fuzz_targets.known_link_types()
    assert {0, 1, 101, 105, 113, 127, 276} <= set(known)
    assert 147 not in known
