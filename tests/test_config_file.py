"""Files of settings: which one is used, and what is refused, with file, line, key and advice."""

import os
import re
from pathlib import Path

import pytest
import yaml
from captures import pcap, read, run_here, timed
from packets import CLIENT, SYN, tcp_frame

from tracker import config
from tracker.config import Config, ConfigError, found, places
from tracker.config.given import FILE, in_force, load
from tracker.config.yaml_file import DEEPEST, LARGEST, LONGEST


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Return where a test writes its settings."""
    return tmp_path / "settings.yaml"


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Return a capture of one connection."""
    path = tmp_path / "frames.pcap"
    path.write_bytes(pcap(timed([tcp_frame(SYN, sequence=100, acknowledgment=0)])))
    return path


# --- which file ---------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home of a user who has no settings, on a system that has none."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("XDG_CONFIG_DIRS", f"{tmp_path}/first:{tmp_path}/second")
    monkeypatch.setattr(config, "SYSTEM_FILE", f"{tmp_path}/etc/tracker.yaml")
    return tmp_path / "home"


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_the_first_that_is_there_is_used_and_it_alone(home: Path, tmp_path: Path) -> None:
    """From the last place to the first: each one found hides those before."""
    assert in_force().config == Config()
    files = [
        tmp_path / "etc/tracker.yaml",
        tmp_path / "second/tracker/tracker.yaml",
        tmp_path / "first/tracker/tracker.yaml",
        home / ".config/tracker/tracker.yaml",
    ]
    assert places() == [str(path) for path in reversed(files)]
    sets = [Config(time_wait=7), Config(closing=7), Config(last_ack=7), Config(syn_sent=7)]
    for path, expected in zip(files, sets, strict=True):
        put(path, "".join(f"{name}: 7" for name in Config._fields if getattr(expected, name) == 7))
        assert found() == str(path)
        assert in_force().config == expected


def test_the_file_that_is_named_hides_all_others(home: Path, written: Path) -> None:
    put(home / ".config/tracker/tracker.yaml", "time_wait: 7")
    written.write_text("closing: 8")
    assert in_force(str(written)).config == Config(closing=8)


@pytest.mark.parametrize("value", ["", "relative/path", "."])
def test_a_variable_that_is_empty_or_relative_is_ignored(
    home: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """XDG Base Directory Specification: "All paths must be absolute", the others are ignored."""
    monkeypatch.setenv("XDG_CONFIG_HOME", value)
    assert places()[0] == f"{home}/.config/tracker/tracker.yaml"


def test_the_variables_of_xdg(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/a")
    monkeypatch.setenv("XDG_CONFIG_DIRS", "relative:/b::/c")
    expected = [f"/{name}/tracker/tracker.yaml" for name in "abc"]
    assert places() == [*expected, config.SYSTEM_FILE]
    monkeypatch.setenv("XDG_CONFIG_DIRS", "")
    assert places()[1] == "/etc/xdg/tracker/tracker.yaml"
    assert not home.exists()


def test_the_command_uses_the_file_that_is_found(home: Path, capture: Path) -> None:
    path = put(home / ".config/tracker/tracker.yaml", f"syn_sent: 0.5\nlocal: [{CLIENT}]")
    assert read(capture).rows
    outcome = read(capture, "--at", "+1")
    assert outcome.rows == []
    assert f"local: {CLIENT} ({path})" in read(capture).stderr


def test_a_file_that_is_there_must_be_readable(home: Path, capture: Path) -> None:
    path = home / ".config/tracker/tracker.yaml"
    path.mkdir(parents=True)
    outcome = read(capture)
    assert outcome == (2, "", f"tracker: {path}: cannot be read: Is a directory\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(home: Path, capture: Path) -> None:
    path = put(home / ".config/tracker/tracker.yaml", "time_wait: 1")
    path.chmod(0)
    outcome = read(capture)
    assert outcome == (2, "", f"tracker: {path}: cannot be read: Permission denied\n")


# --- what is allowed ----------------------------------------------------------------------------


def test_hosts(written: Path) -> None:
    """Names are what stands there, also where YAML would take them for something else."""
    written.write_text("hosts:\n  NAS: [192.168.1.7, 'FD00:0::7']\n  on: [10.0.0.1]\n  x1: ['::']")
    assert load(str(written)).hosts == {
        "nas": ("192.168.1.7", "fd00::7"),
        "on": ("10.0.0.1",),
        "x1": ("::",),
    }


def test_local_takes_names_and_private(written: Path) -> None:
    written.write_text("local: [Nas, private, 10.0.0.0/8, 'fe80::1%eth0']\nhosts: {nas: ['::1']}")
    assert load(str(written)).local == ("Nas", "private", "10.0.0.0/8", "fe80::1%eth0")


def test_whole_numbers_may_be_written_as_others(written: Path) -> None:
    written.write_text("max_connections: 2.0\ntime_wait: 3\nservice_ports: [80.0]")
    loaded = load(str(written))
    assert (
        repr((loaded.max_connections, loaded.time_wait, loaded.service_ports)) == "(2, 3.0, (80,))"
    )


def test_a_mark_of_utf_8_is_no_part_of_a_name(written: Path) -> None:
    written.write_bytes(b"\xef\xbb\xbftime_wait: 1")
    assert load(str(written)) == Config(time_wait=1)


def test_where_values_come_from(written: Path) -> None:
    written.write_text("# mine\n\ntime_wait: 7\nhosts:\n  nas: ['::1']\n")
    settings = in_force(str(written), "bsd")
    assert settings.origins["time_wait"] == (FILE, str(written), 3)
    assert settings.origins["hosts"] == (FILE, str(written), 4)
    assert settings.origins["syn_sent"] == ("profile", "bsd", 0)
    assert settings.origins["profile"] == ("option", "--profile", 0)
    assert settings.origins["ring"] == ("default", "", 0)


# --- what is refused ----------------------------------------------------------------------------

SECONDS = "allowed: seconds, a number from 0 to 1000000000"
TIMER = f"{SECONDS}, 0 is for ever"
CONNECTIONS = "allowed: connections, a whole number from 1 to 1000000000"
LOCAL = (
    "allowed: a list of addresses, networks, names, IPv4 and IPv6, private, or names that stand in "
    "hosts, as in [10.0.0.0/8, 'fd00::5', private, nas] (quoted where there is a colon: YAML needs "
    "that)"
)
NETWORKS = "allowed: a list of networks, IPv4 and IPv6, as in [10.0.0.0/8, 'fc00::/7']"
HOSTS = (
    "allowed: a name of letters, digits, hyphens, underscores and dots (its last part not of "
    "digits alone) with a list of IPv4 and IPv6 addresses, as in {nas: [192.168.1.7, 'fd00::7']}"
)
PORTS = "allowed: a list of port numbers, 0 to 65535"
KNOWN = "known: " + ", ".join(Config._fields)

REFUSED = [
    # values
    ("time_wait: soon", f"line 1: time_wait: 'soon' is not allowed; {TIMER}"),
    ("\n\ntime_wait: -1", f"line 3: time_wait: -1 is not allowed; {TIMER}"),
    ("udp_replied: 1000000001", f"line 1: udp_replied: 1000000001 is not allowed; {SECONDS}"),
    ("syn_sent: .nan", f"line 1: syn_sent: nan is not allowed; {TIMER}"),
    ("syn_sent: .inf", f"line 1: syn_sent: inf is not allowed; {TIMER}"),
    ("last_ack: true", f"line 1: last_ack: true is not allowed; {TIMER}"),
    ("last_ack:", f"line 1: last_ack: nothing is not allowed; {TIMER}"),
    ("rfc1337: 1", "line 1: rfc1337: 1 is not allowed; allowed: true, false"),
    ("max_connections: 0", f"line 1: max_connections: 0 is not allowed; {CONNECTIONS}"),
    ("max_connections: 2.5", f"line 1: max_connections: 2.5 is not allowed; {CONNECTIONS}"),
    ("max_connections: [1]", f"line 1: max_connections: [1] is not allowed; {CONNECTIONS}"),
    (
        "refresh: 0.05",
        "line 1: refresh: 0.05 is not allowed; allowed: seconds, a number from 0.1 to 1000000000",
    ),
    (
        "profile: beos",
        "line 1: profile: 'beos' is not allowed; allowed: linux, windows, bsd, rfc9293",
    ),
    (f"time_wait: {'x' * 99}", f"line 1: time_wait: '{'x' * 59}... is not allowed; {TIMER}"),
    # items of lists
    ("local: 192.168.1.5", f"line 1: local: '192.168.1.5' is not allowed; {LOCAL}"),
    ("local: [192.168.1]", f"line 1: local: '192.168.1' is not allowed; {LOCAL}"),
    ("local: [1.5]", f"line 1: local: 1.5 is not allowed; {LOCAL}"),
    ("local: ['::1', nas]", f"line 1: local: 'nas' is no address, and no name in hosts; {LOCAL}"),
    (
        "local:\n  - 10.0.0.1\n\n  - 10.0.0.256 # no\n",
        f"line 4: local: '10.0.0.256' is not allowed; {LOCAL}",
    ),
    (
        "private_networks: [private]",
        f"line 1: private_networks: 'private' is not allowed; {NETWORKS}",
    ),
    ("service_ports: [http]", f"line 1: service_ports: 'http' is not allowed; {PORTS}"),
    ("service_ports: [\n1,\n65536]", f"line 3: service_ports: 65536 is not allowed; {PORTS}"),
    # hosts
    ("hosts: [nas]", f"line 1: hosts: ['nas'] is not allowed; {HOSTS}"),
    ("hosts:\n  nas: 1.2.3.4", f"line 2: hosts: nas: '1.2.3.4' is not allowed; {HOSTS}"),
    ("hosts:\n  nas: []", f"line 2: hosts: nas: [] is not allowed; {HOSTS}"),
    ("hosts:\n  a b: ['::1']", f"line 2: hosts: 'a b' is not allowed; {HOSTS}"),
    ("hosts:\n  10.0.0.1: ['::1']", f"line 2: hosts: '10.0.0.1' is not allowed; {HOSTS}"),
    ("hosts:\n  -a: ['::1']", f"line 2: hosts: '-a' is not allowed; {HOSTS}"),
    (
        "hosts:\n  nas:\n  - 10.0.0.1\n  - 10.0.0.0/8",
        f"line 4: hosts: nas: '10.0.0.0/8' is not allowed; {HOSTS}",
    ),
    (
        "hosts:\n  a: ['fd00::7']\n  b:\n  - 10.0.0.1\n  - FD00:0::7",
        f"line 5: hosts: b: 'FD00:0::7' stands in line 2 already; {HOSTS}",
    ),
    (
        "hosts:\n  a: [10.0.0.1, 10.0.0.1]",
        f"line 2: hosts: a: '10.0.0.1' stands in line 2 already; {HOSTS}",
    ),
    ("hosts:\n  a: ['::1']\n  A: ['::2']", f"line 3: hosts: 'A' stands in line 2 already; {HOSTS}"),
    ("hosts:\n  a: ['::1']\n  a: ['::2']", "line 3: hosts: a stands in line 2 already"),
    (
        "hosts:\n  Private: ['::1']",
        f"line 2: hosts: 'Private' stands for private_networks; {HOSTS}",
    ),
    # names
    ("# a\ntimewait: 1", f"line 2: no setting is called 'timewait'; is time_wait meant?; {KNOWN}"),
    ("zebra: 1", f"line 1: no setting is called 'zebra'; {KNOWN}"),
    ("1: 2", f"line 1: no setting is called '1'; {KNOWN}"),
    ("<<: {time_wait: 1}", f"line 1: no setting is called '<<'; {KNOWN}"),
    ("time_wait: 1\nlocal: []\ntime_wait: 1", "line 3: time_wait stands in line 1 already"),
    # the whole
    ("- time_wait", "line 1: settings are lines of `name: value`"),
    ("time_wait", "line 1: settings are lines of `name: value`"),
    ("a: &x [1]\nlocal: *x", "line 2: aliases (*x) are not allowed"),
    ("\nlocal: " + "[" * DEEPEST, f"line 2: more than {DEEPEST} levels"),
    ('"a\\e[7m": 1', f"line 1: no setting is called 'a\\x1b[7m'; {KNOWN}"),
    ('local: []\n? "\\e"\n: 1\n? "\\e"\n: 2', "line 4: \\x1b stands in line 2 already"),
    (f"time_wait: {'9' * (LONGEST + 1)}", f"line 1: longer than {LONGEST} characters"),
    (f"{'9' * (LONGEST + 1)}: 1", f"line 1: longer than {LONGEST} characters"),
    (f"time_wait: 1{':1' * (LARGEST // 2 - 9)}", f"line 1: longer than {LONGEST} characters"),
    ("local: !mine [1]", "line 1: not YAML: nothing is known of !mine"),
    ("local: []\n\ttime_wait: 1", "line 2: not YAML: found character that cannot start any token"),
    (
        "local:\n- [::1]",
        "line 2: not YAML: did not find expected node content; IPv6 addresses need quotes",
    ),
    ("local: [\n1,\n", "line 3: not YAML: did not find expected node content"),
]


@pytest.mark.parametrize(("text", "problem"), REFUSED, ids=[repr(text)[:40] for text, _ in REFUSED])
def test_refused(written: Path, capture: Path, text: str, problem: str) -> None:
    written.write_text(text)
    assert _refusal(written, capture) == f"{written}: {problem}"


@pytest.mark.parametrize(
    ("octets", "line"),
    [
        (b"local: []\n\0", 2),
        (b"\xff\xfe\xfd", 1),
        ("time_wait: 1\n".encode("utf-16"), 1),
        (b"# \xe4\xf6\xfc in Latin-1\n", 1),
        (b"local: []\n# \xe4", 2),
        (b"\ttime_wait: 1", 1),
        (b"[a]: 1", 1),
        (b"? {a: 1}\n: 2", 1),
        (b"--- 1\n--- 2", 2),
        (b"time_wait: !!python/object:os.system x", 1),
        (b"\ntime_wait: 2026-99-99", 2),
        (b"time_wait: !%0Ax 1", 1),
        (b"\xd4\xc3\xb2\xa1\x02\0\4\0", 1),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_not_yaml(written: Path, capture: Path, octets: bytes, line: int) -> None:
    written.write_bytes(octets)
    refusal = _refusal(written, capture)
    assert re.fullmatch(f"{re.escape(str(written))}: line {line}: not YAML: .+", refusal)


def test_unreadable(written: Path, capture: Path) -> None:
    """A file that is named has to be there."""
    assert _refusal(written, capture) == f"{written}: cannot be read: No such file or directory"
    written.mkdir()
    assert _refusal(written, capture) == f"{written}: cannot be read: Is a directory"


def test_too_large(written: Path, capture: Path) -> None:
    written.write_bytes(b"#" * (LARGEST + 1))
    refusal = f"{written}: larger than {LARGEST} octets, and no file of settings"
    assert _refusal(written, capture) == refusal
    written.write_bytes(b"#" * LARGEST)
    assert load(str(written)) == Config()
    assert _refusal(Path("/dev/zero"), capture).startswith("/dev/zero: larger than")


def test_a_bomb_of_aliases_does_no_harm(written: Path, capture: Path) -> None:
    """Nine times nine lists ten times over: a billion items."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    written.write_text("\n".join(lines))
    assert _refusal(written, capture) == f"{written}: line 2: aliases (*a0) are not allowed"


@pytest.mark.parametrize("text", ["[" * LARGEST, "{" * LARGEST, "- " * (LARGEST // 2)], ids=repr)
def test_depth_does_no_harm(written: Path, capture: Path, text: str) -> None:
    written.write_text(text)
    assert _refusal(written, capture) == f"{written}: line 1: more than {DEEPEST} levels"


def test_refused_in_the_same_words_without_libyaml(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyYAML may be installed without its C library; its messages may then be others."""
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    for text, problem in REFUSED:
        if "not YAML" not in problem:
            written.write_text(text)
            with pytest.raises(ConfigError) as refusal:
                load(str(written))
            assert str(refusal.value) == f"{written}: {problem}"
    written.write_bytes(b"local: []\n\0")
    with pytest.raises(ConfigError, match=r"line 2: not YAML: ."):
        load(str(written))


def _refusal(path: Path, capture: Path) -> str:
    """Return what `load` says; the command line says it too, in one line, and exits with 2."""
    with pytest.raises(ConfigError) as refusal:
        load(str(path))
    for command in (("read", capture), ("config",), ("config", "--json")):
        outcome = run_here(*command, "--config", path)
        assert outcome == (2, "", f"tracker: {refusal.value}\n")
    assert "\n" not in str(refusal.value)
    return str(refusal.value)
