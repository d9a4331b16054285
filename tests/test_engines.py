"""One engine, written once: compiled and uncompiled it gives the same answers."""

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from captures import CHECKOUT, NS_IN_S, PCAPS, START, Record, pcap, read_pcap
from foreign import captures, needs_corpus
from packets import CLIENT, SERVER, UDP, ethernet, ipv4, tcp, udp

import tracker
from tracker.compiled import MODULES

#: The modules that are compiled where that can be done: those with C types beside them.  Of
#: `sequence`, the C stands there whole, for those that use it.
ENGINE = sorted(
    ".".join(path.relative_to(CHECKOUT).with_suffix("").parts)
    for path in (CHECKOUT / "tracker").rglob("*.pxd")
    if path.with_suffix(".py").exists() and path.stem != "sequence"
)

# Reads captures one after the other in one process, with the package in the folder it is told.
DRIVER = """
import contextlib, io, json, sys
if sys.argv[1]:
    sys.path.insert(0, sys.argv[1])
import tracker
from tracker.cli import main
print(json.dumps([tracker.engine(), tracker.__file__]))
for path in sys.stdin.read().splitlines():
    for options in (["-n", "--json", "--closed", "-a"], ["--wide", "--at", "+1.5"], ["--json"]):
        stdout, stderr = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            status = main(["read", path, *options])
        print(json.dumps([path, options, status, stdout.getvalue(), stderr.getvalue()]))
"""


def place() -> Path:
    """Return the folder of the installed package."""
    return Path(tracker.__file__).parent


def test_installed_package_is_that_of_the_checkout() -> None:
    """What was installed before the last change would be tested otherwise."""
    differing = [
        str(path.relative_to(CHECKOUT))
        for path in sorted((CHECKOUT / "tracker").rglob("*.py"))
        if not (here := place() / path.relative_to(CHECKOUT / "tracker")).exists()
        or here.read_bytes() != path.read_bytes()
    ]
    assert not differing, "install the package again"


def test_modules_with_c_types_are_compiled() -> None:
    assert sorted(MODULES) == ENGINE


def test_compiled_modules_differ_in_the_last_part_of_their_names() -> None:
    """One file holds them all, and Python looks for that part in it."""
    assert len({name.rpartition(".")[2] for name in MODULES}) == len(MODULES)


def test_installed_engine_is_of_one_piece() -> None:
    """All of its modules are compiled into one file, or none is."""
    origins = set()
    for name in MODULES:
        spec = find_spec(name)
        assert spec is not None and spec.origin is not None
        origins.add(spec.origin)
    assert all(Path(origin).is_relative_to(place()) for origin in origins)
    forms = {origin.endswith(tuple(EXTENSION_SUFFIXES)) for origin in origins}
    assert forms == {tracker.engine() == "compiled"}
    assert len(origins) == (1 if tracker.engine() == "compiled" else len(MODULES))


@pytest.mark.parametrize("name", MODULES)
def test_each_module_of_the_engine_can_be_imported_first(name: str) -> None:
    script = f"import {name} as module; print(module.__name__, module.__spec__.origin)"
    process = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True
    )
    spec = find_spec(name)
    assert spec is not None
    assert process.stdout == f"{name} {spec.origin}\n"


def test_engine_says_what_it_is() -> None:
    assert tracker.engine() in ("compiled", "pure Python")


# --- the same answers ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def uncompiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the package's Python files alone."""
    if tracker.engine() != "compiled":
        pytest.skip("the installed engine is not compiled: there is nothing to compare it with")
    folder = tmp_path_factory.mktemp("uncompiled")
    for name in ("tracker", "config"):
        shutil.copytree(
            CHECKOUT / name, folder / name, ignore=shutil.ignore_patterns("*.so", "*.pxd", "*.c")
        )
    return folder


def answers(folder: Path | None, paths: Iterable[Path]) -> list[Any]:
    """Return what the package in `folder` (None: the installed one) says of captures."""
    process = subprocess.run(
        [sys.executable, "-P", "-c", DRIVER, folder or ""],
        input="\n".join(map(str, paths)),
        capture_output=True,
        text=True,
        check=True,
    )
    (engine, file), *rest = map(json.loads, process.stdout.splitlines())
    expected = tracker.__file__ if folder is None else str(folder / "tracker" / "__init__.py")
    assert (engine, file) == ("compiled" if folder is None else "pure Python", expected)
    return rest


def compare(uncompiled: Path, paths: list[Path]) -> None:
    """Compare the answers of both engines, and print the first that differ."""
    compiled = answers(None, paths)
    assert len(compiled) == 3 * len(paths)
    for ours, theirs in zip(compiled, answers(uncompiled, paths), strict=True):
        assert ours == theirs


def test_our_captures(uncompiled: Path) -> None:
    compare(uncompiled, sorted(PCAPS.glob("*.pcap")))


def test_what_fuzzing_found(uncompiled: Path) -> None:
    compare(uncompiled, sorted((CHECKOUT / "tests" / "fuzzed" / "capture").iterdir()))


@needs_corpus
def test_corpus(uncompiled: Path) -> None:
    """All of it, also what neither can read."""
    compare(uncompiled, captures())


def noise(rng: random.Random, count: int) -> list[Record]:
    """Return frames with arbitrary flags and numbers between few sockets, some of them damaged."""
    numbers = [0, 1, 100, 101, 300, 301, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF]
    flags = [2, 18, 16, 16, 24, 17, 4, 20]
    hosts = [(CLIENT, SERVER), (SERVER, CLIENT), (CLIENT, "255.255.255.255")]
    frames = []
    time = START
    for _ in range(count):
        host = rng.choice(hosts)
        ports = rng.choice([(1099, 80), (80, 1099), (65535, 1), (1, 65535), (7, 7)])
        if rng.random() < 0.1:
            octets = ethernet(ipv4(udp(bytes(rng.choice([0, 9])), *ports), UDP, *host))
        else:
            segment = tcp(
                bytes(rng.choice([0, 0, 1, 100])),
                rng.choice(flags) if rng.random() < 0.9 else rng.randrange(256),
                *ports,
                sequence=rng.choice(numbers),
                acknowledgment=rng.choice(numbers),
                window=rng.choice([0, 1, 65535]),
                options=rng.choice(
                    [b"", b"", b"\2\4\5\xb4", b"\3\3\x0e\0", b"\3\3\xff\0", b"\2\0\0\0"]
                ),
            )
            octets = ethernet(ipv4(segment, 6, *host))
        if rng.random() < 0.05:
            octets = octets[: rng.randrange(len(octets))]
        time += rng.choice([0, 1, 1000, 300_000_000, NS_IN_S, 70 * NS_IN_S, -NS_IN_S])
        frames.append(Record(time, octets, rng.choice([len(octets), len(octets) + 100])))
    return frames


def test_noise(uncompiled: Path, tmp_path: Path) -> None:
    """Numbers at the edges of what 32 bits hold, where C and Python part."""
    paths = []
    for seed in range(200):
        paths.append(tmp_path / f"{seed}.pcap")
        paths[-1].write_bytes(pcap(noise(random.Random(seed), 40), nano=True))  # noqa: S311
    compare(uncompiled, paths)


def test_damaged_frames(uncompiled: Path, tmp_path: Path) -> None:
    """Every octet of a frame of each of our captures set to each of a few values."""
    paths = []
    for capture in sorted(PCAPS.glob("*.pcap")):
        time, octets, wire = read_pcap(capture)[0]
        frames = [
            Record(time + at, octets[:at] + bytes((value,)) + octets[at + 1 :], wire)
            for at in range(len(octets))
            for value in (0, 1, 0x45, 0x60, 0x7F, 0x80, 0xFF)
        ]
        paths.append(tmp_path / capture.name)
        paths[-1].write_bytes(pcap(frames, nano=True))
    compare(uncompiled, paths)
