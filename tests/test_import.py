"""What an import may load: nothing heavy at the start, and only what lies on a lower floor."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from captures import CHECKOUT, PCAPS

import tracker

PACKAGE = CHECKOUT / "tracker"
MODULES = {
    ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}

# --- what a start loads -------------------------------------------------------------------------

#: Packages from elsewhere that the start may load.
ALLOWED: set[str] = set()

#: What takes longer to load than a small capture to read, or what only other commands need.
HEAVY = {
    "asyncio",
    "concurrent",
    "csv",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "email",
    "gzip",
    "html",
    "http",
    "importlib.metadata",
    "inspect",
    "ipaddress",
    "logging",
    "multiprocessing",
    "numpy",
    "pathlib",
    "pickle",
    "random",
    "selectors",
    "socket",
    "sqlite3",
    "ssl",
    "statistics",
    "subprocess",
    "tempfile",
    "unittest",
    "urllib",
    "uuid",
    "xml",
}

#: What of Python itself a plain table of a small capture does without.
SPARED = {
    "_bz2",
    "_lzma",
    "heapq",
    "json",
    "queue",
    "select",
    "shutil",
    "signal",
    "threading",
    "typing",
    "zlib",
}

LOADED = """
import contextlib, io, sys
before = set(sys.modules)
from tracker.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    try:
        main(sys.argv[1:])
    except SystemExit:
        pass
print(*set(sys.modules) - before)
"""


def loaded(*arguments: str | Path) -> set[str]:
    """Return the modules that the command loads in a fresh Python, beside those it starts with."""
    process = subprocess.run(
        [sys.executable, "-P", "-c", LOADED, *arguments], capture_output=True, text=True, check=True
    )
    return set(process.stdout.split())


def elsewhere(modules: set[str]) -> set[str]:
    """Return the packages among `modules` that are neither Python's nor ours.

    What compiled modules make up for themselves is no package: it has no file and no load time.
    """
    packages = {module.partition(".")[0] for module in modules}
    made_up = {name for name in packages if name == "cython_runtime" or name.startswith("_cython_")}
    return packages - made_up - set(sys.stdlib_module_names) - {"tracker"}


COMMANDS = {
    "help": ("--help",),
    "read help": ("read", "--help"),
    "read": ("read", PCAPS / "refused.pcap", "-n", "--closed"),
    "read with services": ("read", PCAPS / "refused.pcap", "--closed"),
    "read wide": ("read", PCAPS / "refused.pcap", "-n", "--closed", "--wide"),
    "read json": ("read", PCAPS / "refused.pcap", "-n", "--closed", "--json"),
    "states": ("states",),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_start_loads_nothing_from_elsewhere(name: str) -> None:
    assert elsewhere(loaded(*COMMANDS[name])) <= ALLOWED


@pytest.mark.parametrize("name", COMMANDS)
def test_start_loads_nothing_heavy(name: str) -> None:
    assert not loaded(*COMMANDS[name]) & HEAVY


@pytest.mark.parametrize("name", ["read", "read with services"])
def test_a_table_spares_what_it_does_not_need(name: str) -> None:
    assert not loaded(*COMMANDS[name]) & SPARED


def test_a_pcap_file_loads_no_other_format() -> None:
    formats = ("compressed", "pcapng", "pcapng_blocks", "snoop")
    assert not loaded(*COMMANDS["read"]) & {f"tracker.capture.{name}" for name in formats}


def test_defaults_load_nothing_that_checks_settings() -> None:
    assert not {name for name in loaded(*COMMANDS["read"]) if name.startswith("tracker.config.")}


def test_help_loads_no_engine() -> None:
    assert not loaded("read", "--help") & {"tracker.meter", "tracker.capture", "tracker.report"}


def test_importing_the_package_loads_none_of_it() -> None:
    """Nothing but what finds the compiled modules."""
    script = "import sys, tracker; print([name for name in sys.modules if 'tracker.' in name])"
    process = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True
    )
    assert process.stdout == "['tracker.compiled']\n"


# --- floors -------------------------------------------------------------------------------------

#: The floors that the docstring of `tracker` lists: number, and the modules or packages on it.
LINES = [
    (int(floor), names.split(", "))
    for floor, names in re.findall(
        r"^    (\d)  (\w+(?:, \w+)*)  ", tracker.__doc__ or "", re.MULTILINE
    )
]

#: Floor of each module or package, and those that it shares its line with.
FLOORS = {name: floor for floor, names in LINES for name in names}
NEIGHBOURS = {name: names for _, names in LINES for name in names}

#: Those that the docstring need not name: the roof, and the door, which looks for the engine.
FLOORS |= {"__main__": 9, "": 4}


def unit(module: str) -> str:
    """Return the part of a module's name that has a floor: `wire` of `tracker.wire.ip`."""
    return module.partition(".")[2].partition(".")[0]


def floor(module: str) -> int:
    """Return the floor of a module."""
    assert unit(module) in FLOORS, f"tracker/__init__.py names no floor of {unit(module)}"
    return FLOORS[unit(module)]


def imports(module: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of each module of `tracker` that `module` imports, wherever it does."""
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found = [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}, line {node.lineno}: a relative import"
            found = [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
        else:
            continue
        for line, name in found:
            if name.partition(".")[0] == "tracker":
                yield line, name if name in MODULES else name.rpartition(".")[0] or name


def test_every_module_has_a_floor() -> None:
    assert {unit(module) for module in MODULES} == set(FLOORS)


@pytest.mark.parametrize("module", MODULES)
def test_imports_only_go_down(module: str) -> None:
    """To a lower floor, or to the same package or a neighbour on the same line."""
    mine = floor(module)
    near = [unit(module), *NEIGHBOURS.get(unit(module), ())]
    wrong = [
        f"line {line}: {module} (floor {mine}) imports {name} (floor {floor(name)})"
        for line, name in imports(module)
        if unit(name) not in near and floor(name) >= mine
    ]
    assert not wrong


def test_imports_make_no_circles() -> None:
    graph = {module: {name for _, name in imports(module)} - {module} for module in MODULES}
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


def test_core_does_no_io_and_reads_no_clock() -> None:
    """Floors 0 to 4, apart from what reads settings and service names."""
    forbidden = {"os", "io", "sys", "time", "datetime", "socket", "pathlib", "random", "subprocess"}
    for module, path in MODULES.items():
        if floor(module) > 4 or unit(module) in ("", "compiled", "config", "names", "moment"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = set()
            if isinstance(node, ast.Import):
                names = {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {(node.module or "").partition(".")[0]}
            assert not names & forbidden, module
