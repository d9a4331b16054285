"""Privileges: what is said where they are missing, and that they are gone for good.

The kernel refuses and answers here: each test runs a process of its own that was given, or not
given, what it needs.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tracker.capture import privileges
from tracker.capture.privileges import PrivilegesError, drop, give, refusal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up root's privileges")

NOBODY = 65534
STRANGER = 54321  # no user of this system has the number
REFUSED = PermissionError(1, "Operation not permitted")


def run(script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a Python of its own; sudo's variables are only those that are given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SUDO_")}
    return subprocess.run(
        [sys.executable, "-P", "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=kept | variables,
    )


def answer(script: str, *arguments: str, **variables: str) -> Any:
    """Return the JSON value that the script printed."""
    process = run(script, *arguments, **variables)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


# --- given up -----------------------------------------------------------------------------------

DROP = """
import json, os, socket, sys
from tracker.capture.interfaces import host_addresses, interfaces
from tracker.capture.privileges import drop
from tracker.errors import UserError
os.setgroups([0, 4, 27])
names = [each.name for each in interfaces()]
addresses = host_addresses()
capture = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
try:
    said = drop()
except UserError as error:
    print(json.dumps({"error": str(error)}))
    sys.exit()

def refused(function, *arguments):
    try:
        function(*arguments)
    except OSError:
        return True
    return False

status = dict(line.split(":", 1) for line in open("/proc/thread-self/status"))
print(json.dumps({
    "said": said,
    "users": os.getresuid(),
    "groups": os.getresgid(),
    "others": os.getgroups(),
    "files": [int(word) for name in ("Uid", "Gid") for word in status[name].split()],
    "capabilities": {name: int(status[name], 16) for name in ("CapPrm", "CapEff", "CapAmb")},
    "refused": [
        refused(os.setuid, 0), refused(os.seteuid, 0), refused(os.setresuid, 0, 0, 0),
        refused(os.setgid, 0), refused(os.setresgid, 0, 0, 0), refused(os.setgroups, [0]),
        refused(open, "/etc/shadow"),
        refused(socket.socket, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)),
    ],
    "captures": capture.getsockname() != None,
    "interfaces": [each.name for each in interfaces()] == names,
    "addresses": host_addresses() == addresses,
}))
"""


@needs_root
def test_drop_is_for_good() -> None:
    left = answer(DROP, SUDO_UID=str(NOBODY), SUDO_GID=str(NOBODY))
    assert left["said"] == "running as nobody from here on"
    assert left["users"] == left["groups"] == [NOBODY] * 3
    assert left["files"] == [NOBODY] * 8  # with those that count for files (filesystem ids)
    assert left["others"] == [NOBODY]
    assert left["capabilities"] == {"CapPrm": 0, "CapEff": 0, "CapAmb": 0}
    assert all(left["refused"])


@needs_root
def test_what_was_open_stays_usable() -> None:
    left = answer(DROP, SUDO_UID=str(NOBODY), SUDO_GID=str(NOBODY))
    assert left["captures"]
    assert left["interfaces"] and left["addresses"]


@needs_root
def test_user_without_a_name() -> None:
    left = answer(DROP, SUDO_UID=str(STRANGER), SUDO_GID=str(STRANGER + 1))
    assert left["said"] == f"running as user {STRANGER} from here on"
    assert left["users"] == [STRANGER] * 3
    assert left["groups"] == [STRANGER + 1] * 3
    assert left["others"] == [STRANGER + 1]
    assert all(left["refused"])


THREADS = """
import json, os, threading
from tracker.capture.privileges import drop
go, seen = threading.Event(), []

def look():
    go.wait()
    status = dict(line.split(":", 1) for line in open("/proc/thread-self/status"))
    seen.extend([status["Uid"].split(), int(status["CapEff"], 16)])

thread = threading.Thread(target=look)
thread.start()
try:
    drop()
finally:
    go.set()
    thread.join()
print(json.dumps(seen))
"""


@needs_root
def test_drop_is_for_all_threads() -> None:
    seen = answer(THREADS, SUDO_UID=str(NOBODY), SUDO_GID=str(NOBODY))
    assert seen == [[str(NOBODY)] * 4, 0]


@needs_root
@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"SUDO_GID": str(NOBODY)},
        {"SUDO_UID": "0", "SUDO_GID": "0"},  # root called sudo
    ],
)
def test_nothing_to_drop(variables: dict[str, str]) -> None:
    left = answer(DROP, **variables)
    assert left["said"] is None
    assert left["users"] == [0, 0, 0]
    assert left["capabilities"]["CapEff"] != 0


BAD = ["", "alice", "-1", "+5", " 5", "5_0", "1.0", "4294967295", "4294967296", "٣"]


@needs_root
@pytest.mark.parametrize("value", BAD)
def test_number_that_is_none_is_no_user(value: str) -> None:
    """4294967295 is -1, by which setresuid(2) changes nothing."""
    left = answer(DROP, SUDO_UID=value, SUDO_GID=str(NOBODY))
    assert left["error"] == (
        f"SUDO_UID is {value!r}, so root's privileges cannot be given up for it; run it with sudo "
        "as it sets it, or with --keep-privileges"
    )


@needs_root
@pytest.mark.parametrize("value", [*BAD, "0"])
def test_number_that_is_none_is_no_group(value: str) -> None:
    left = answer(DROP, SUDO_UID=str(NOBODY), SUDO_GID=value)
    assert left["error"].startswith(f"SUDO_GID is {value!r}, so root's privileges cannot be given")


@needs_root
def test_user_without_a_group() -> None:
    assert answer(DROP, SUDO_UID=str(NOBODY))["error"].startswith("SUDO_GID is ''")


KEPT = """
import ctypes
libc = ctypes.CDLL(None)
PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP = 28, 4
assert libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) == 0
"""


BLIND = """
from tracker.capture import privileges
privileges.CHECK = lambda: False
"""


@needs_root
@pytest.mark.parametrize("check", ["_left", "_can_go_back"])
def test_capabilities_that_survive_are_noticed(check: str) -> None:
    """As for a process that was told to keep them when it changes its user; by either check."""
    script = KEPT + BLIND.replace("CHECK", check) + DROP
    left = answer(script, SUDO_UID=str(NOBODY), SUDO_GID=str(NOBODY))
    assert left == {
        "error": "root's privileges were given up, but some are left; --keep-privileges keeps them "
        "all"
    }


WITHOUT_SETUID = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
PR_CAPBSET_DROP = 24
for capability in map(int, sys.argv[2].split(",")):
    assert libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0
os.execv(sys.executable, [sys.executable, "-P", "-c", sys.argv[1], *sys.argv[3:]])
"""
CAP_SETGID, CAP_SETUID, CAP_NET_RAW = 6, 7, 13


@needs_root
@pytest.mark.parametrize("capability", [CAP_SETGID, CAP_SETUID])
def test_failure_half_way_is_told(capability: int) -> None:
    """Root without the capability to change its groups, or its user."""
    script = DROP.replace("os.setgroups([0, 4, 27])", "")
    left = answer(
        WITHOUT_SETUID, script, str(capability), SUDO_UID=str(NOBODY), SUDO_GID=str(NOBODY)
    )
    assert left == {
        "error": "root's privileges cannot be given up: Operation not permitted; "
        "--keep-privileges keeps them"
    }


def test_who_is_not_root_has_nothing_to_drop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    monkeypatch.setenv("SUDO_GID", str(NOBODY))
    assert drop() is None


# --- the recorded file --------------------------------------------------------------------------


def owners(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_uid, status.st_gid


@pytest.fixture
def by_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where sudo was called by a user."""
    monkeypatch.setenv("SUDO_UID", str(STRANGER))
    monkeypatch.setenv("SUDO_GID", str(STRANGER + 1))


@needs_root
@pytest.mark.usefixtures("by_sudo")
def test_recorded_file_is_the_users(tmp_path: Path) -> None:
    by_descriptor, by_path = tmp_path / "a.pcap", tmp_path / "b.pcap"
    with by_descriptor.open("wb") as file:
        give(file.fileno())
    by_path.touch()
    give(str(by_path))
    assert owners(by_descriptor) == owners(by_path) == (STRANGER, STRANGER + 1)


@needs_root
@pytest.mark.usefixtures("by_sudo")
def test_only_regular_files_of_root_are_given(tmp_path: Path) -> None:
    """Not a device, not what was somebody's before, not what a link points to."""
    device, others, link, target = (tmp_path / name for name in ("null", "others", "link", "file"))
    os.mknod(device, 0o20666, os.makedev(1, 3))
    others.touch()
    os.chown(others, NOBODY, NOBODY)
    target.touch()
    link.symlink_to(target)
    for path in (device, others, link):
        give(str(path))
    read_end, write_end = os.pipe()
    give(write_end)
    assert os.fstat(write_end).st_uid == 0
    os.close(read_end)
    os.close(write_end)
    assert owners(device) == owners(link) == owners(target) == (0, 0)
    assert owners(others) == (NOBODY, NOBODY)


@needs_root
def test_without_sudo_nothing_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_UID", raising=False)
    path = tmp_path / "a.pcap"
    path.touch()
    give(str(path))
    assert owners(path) == (0, 0)


@needs_root
@pytest.mark.usefixtures("by_sudo")
def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PrivilegesError, match=f"cannot be given to user {STRANGER}: No such file"):
        give(str(tmp_path / "nothing.pcap"))


# --- missing ------------------------------------------------------------------------------------

ASK = """
import os, socket, sys
from tracker.capture.privileges import refusal
try:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
except OSError as error:
    print(refusal(error, sys.argv[1:]))
"""
ARGUMENTS = ["live", "-i", "eth0", "--filter", "tcp port 80 or host 'x'"]


def command(line: str) -> list[str]:
    """Return the command that the line says to run, as the shell takes it."""
    return shlex.split(line.partition("): ")[2].partition("; or once and for all: ")[0])


def as_nobody(*command: str, **options: Any) -> str:
    """Run a command as nobody, who may read anything, and return what it printed.

    Else the Python of these tests, which may be root's, could not run.
    """
    if shutil.which("setpriv") is None:
        pytest.skip("not installed: setpriv")
    read_all = [f"--{kind}-caps=-all,+dac_read_search" for kind in ("inh", "ambient")]
    change = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *read_all]
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [*change, *command], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_root
def test_user_is_told_what_is_missing_and_how_to_get_it() -> None:
    line = as_nobody(sys.executable, "-P", "-c", ASK, *ARGUMENTS)
    assert line.count("\n") == 1
    assert line.startswith("capturing needs CAP_NET_RAW (operation not permitted): sudo /")
    assert command(line) == ["sudo", sys.executable, "-m", "tracker", *ARGUMENTS]
    real = shlex.quote(os.path.realpath(sys.executable))
    assert f"; or once and for all: sudo setcap cap_net_raw+ep {real}, after which any" in line


def test_the_command_runs_this_program() -> None:
    said = subprocess.run(
        [*privileges._program(), "--version"], capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith("tracker ")


@needs_root
def test_installed_program_is_told_with_its_whole_path() -> None:
    """However it was called: sudo has a PATH of its own."""
    paths = os.pathsep.join(map(os.path.abspath, filter(None, sys.path)))
    with TemporaryDirectory() as name:
        folder = Path(name)
        program = folder / "some where" / "tracker"
        program.parent.mkdir()
        program.write_text(f"#!{sys.executable}\n{ASK}", encoding="utf-8")
        for path in (folder, program.parent, program):
            path.chmod(0o755)
        for where, called in (
            (folder, str(program)),
            (folder, "some where/tracker"),
            (program.parent, "./tracker"),
        ):
            environment = {**os.environ, "PYTHONPATH": paths}
            line = as_nobody(called, *ARGUMENTS, cwd=where, env=environment)
            assert command(line) == ["sudo", str(program), *ARGUMENTS]


@needs_root
def test_root_of_a_container_is_not_sent_to_sudo() -> None:
    line = run(WITHOUT_SETUID, ASK, str(CAP_NET_RAW), "live").stdout
    assert line.startswith("capturing was refused although this is root (operation not permitted)")
    assert "--cap-add NET_RAW" in line
    assert "sudo" not in line


@needs_root
def test_root_of_a_user_namespace_has_no_right_to_this_network() -> None:
    """It has CAP_NET_RAW, for networks of its own."""
    unshare = ["unshare", "--user", "--map-root-user"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine makes no user namespaces")
    python = [sys.executable, "-P", "-c", ASK, "live"]
    done = subprocess.run([*unshare, *python], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("capturing was refused although this process has CAP_NET_RAW")
    assert "user namespace" in done.stdout


def test_other_systems_have_no_capabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privileges, "_LINUX", False)
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    line = refusal(REFUSED, ["live"])
    assert line.startswith("capturing needs root (operation not permitted): sudo /")
    assert "setcap" not in line
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert refusal(REFUSED, ["live"]).endswith("the system forbids it")
