"""What capturing needs on Linux and other Unixes: how to get it, and how to be rid of it again."""

import os
import shlex
import stat
import sys

from tracker.errors import UserError

_CAP_NET_RAW = 13  # linux/capability.h
_ROOT = 0
_LARGEST_ID = (1 << 32) - 2  # the next one, -1, means "leave as it is" to the kernel
_LINUX = sys.platform == "linux"
_STATUS = "/proc/thread-self/status"


class PrivilegesError(UserError):
    """Privileges that cannot be given up: the message says why, and what to do."""


# --- missing ------------------------------------------------------------------------------------


def refusal(error: OSError, arguments: list[str]) -> str:
    """Return one line: what is missing where `error` refused a capture, and how to get it.

    arguments   those of this run, after the program's name, so that they can be given again
    """
    reason = (error.strerror or str(error)).lower()
    if _LINUX and _has_net_raw():
        return (
            f"capturing was refused although this process has CAP_NET_RAW ({reason}): it has it "
            "not for this network (a user namespace?), or a security module forbids it"
        )
    if os.geteuid() == _ROOT:
        return f"capturing was refused although this is root ({reason}): {_of_root()}"
    if not _LINUX:
        return f"capturing needs root ({reason}): {_sudo(arguments)}"
    return (
        f"capturing needs CAP_NET_RAW ({reason}): {_sudo(arguments)}; or once and for all: "
        f"sudo setcap cap_net_raw+ep {shlex.quote(os.path.realpath(sys.executable))}, after which "
        "any script of that Python may capture"
    )


def _of_root() -> str:
    if not _LINUX:
        return "the system forbids it"
    return (
        "it has no CAP_NET_RAW, as in a container; start that with the capability "
        "(docker run --cap-add NET_RAW, or securityContext of Kubernetes)"
    )


def _has_net_raw() -> bool:
    return bool(_capabilities().get("CapEff", 0) >> _CAP_NET_RAW & 1)


def _sudo(arguments: list[str]) -> str:
    """Return the command that runs this program with `arguments` as root."""
    return shlex.join(["sudo", *_program(), *arguments])


def _program() -> list[str]:
    """Return the command of this program; whole paths, because sudo has a PATH of its own."""
    started = os.path.abspath(sys.argv[0])
    if os.path.basename(started) == "tracker" and os.access(started, os.X_OK):
        return [started]
    return [sys.executable, "-m", "tracker"]


# --- given up -----------------------------------------------------------------------------------


def drop() -> str | None:
    """Become the user who called sudo, for good; return a line that says so.

    For use when the socket is open.  Returns None if there is nothing to give up: no root, no sudo,
    or root called it.  Afterwards other users' processes cannot be looked into, files that are
    opened are that user's, and a Python that only root can read imports nothing more.

    Raises PrivilegesError if that fails at any point, or if privileges are left.
    """
    if os.geteuid() != _ROOT:
        return None
    caller = _caller()
    if caller is None:
        return None
    user, group = caller
    name = _name(user)
    try:
        # In this order: after the last step there is no right to the others.
        if name is None:
            os.setgroups([group])
        else:
            os.initgroups(name, group)
        _become(user, group)
    except OSError as error:
        raise PrivilegesError(
            f"root's privileges cannot be given up: {error.strerror}; --keep-privileges keeps them"
        ) from None
    _check(user, group)
    return f"running as {name or f'user {user}'} from here on"


def _become(user: int, group: int) -> None:
    """Change the real, effective and saved ids; all of them, or there is a way back."""
    if hasattr(os, "setresuid"):
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
    else:  # macOS: for root, these change the saved ids, too (POSIX)
        os.setgid(group)
        os.setuid(user)


def give(file: int | str) -> None:
    """Make a recorded file, a descriptor or a path, that of the user who called sudo.

    For use where privileges are kept.  Only regular files that are root's are given away: neither
    /dev/null nor what was somebody's before.  Raises PrivilegesError if it cannot be.
    """
    caller = _caller() if os.geteuid() == _ROOT else None
    if caller is None:
        return
    try:
        status = os.stat(file) if isinstance(file, int) else os.lstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != _ROOT:
            return
        if isinstance(file, int):
            os.fchown(file, *caller)
        else:
            os.chown(file, *caller, follow_symlinks=False)
    except OSError as error:
        raise PrivilegesError(
            f"the recorded file cannot be given to user {caller[0]}: {error.strerror}"
        ) from None


def _caller() -> tuple[int, int] | None:
    """Return user and group that called sudo, None if nobody did, or root.

    Raises PrivilegesError for numbers that are none: a guess may leave privileges.
    """
    user = os.environ.get("SUDO_UID")
    if user is None or _number("SUDO_UID", user) == _ROOT:
        return None
    group = os.environ.get("SUDO_GID", "")
    if _number("SUDO_GID", group) == _ROOT:
        raise _unusable("SUDO_GID", group)
    return int(user), int(group)


def _number(variable: str, text: str) -> int:
    # Python's own int() also takes blanks, signs and underscores.
    if not (text.isascii() and text.isdigit()) or int(text) > _LARGEST_ID:
        raise _unusable(variable, text)
    return int(text)


def _unusable(variable: str, text: str) -> PrivilegesError:
    return PrivilegesError(
        f"{variable} is {text!r}, so root's privileges cannot be given up for it; run it with "
        "sudo as it sets it, or with --keep-privileges"
    )


def _name(user: int) -> str | None:
    """Return the name of a user, None if the system has none for the number."""
    import pwd

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return None


def _check(user: int, group: int) -> None:
    """Raise PrivilegesError if this process is somebody else, or can become root again."""
    mine = (os.getuid(), os.geteuid(), os.getgid(), os.getegid()) == (user, user, group, group)
    left = _LINUX and _left()
    if not mine or left or _can_go_back():
        raise PrivilegesError(
            "root's privileges were given up, but some are left; --keep-privileges keeps them all"
        )


def _left() -> bool:
    """Return whether this thread has capabilities; what does not show counts as being there."""
    sets = _capabilities()
    # Kernels before 4.3 have no ambient ones.
    return sets.get("CapPrm", 1) != 0 or sets.get("CapEff", 1) != 0 or sets.get("CapAmb", 0) != 0


def _can_go_back() -> bool:
    for become, number in ((os.setuid, _ROOT), (os.seteuid, _ROOT), (os.setegid, _ROOT)):
        try:
            become(number)
        except OSError:
            continue
        return True
    return False


def _capabilities() -> dict[str, int]:
    """Return the sets of capabilities of this thread as bits (man 5 proc), as far as they show."""
    try:
        # As octets: who has just given up root may be unable to load a codec from root's Python.
        with open(_STATUS, "rb") as lines:
            fields = [line.partition(b":") for line in lines]
    except OSError:
        return {}
    return {name.decode(): int(value, 16) for name, _, value in fields if name[:3] == b"Cap"}
