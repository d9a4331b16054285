"""Settings: a frozen `Config`, passed down to whom it concerns; no globals.

Their values stand in `config/tracker.yaml`, which explains each with unit, range and source, and
nowhere else.  What a user's file says instead is the business of `tracker.config.given`, which few
runs need.
"""

import os
from collections.abc import Mapping

from tracker.errors import UserError
from tracker.typed import Any, NamedTuple

_NS_IN_S = 1_000_000_000

#: Where this system's settings are, after the places of the XDG Base Directory Specification.
SYSTEM_FILE = "/etc/tracker/tracker.yaml"

#: The word in `local` for `private_networks`; no host may have that name.
PRIVATE = "private"


class ConfigError(UserError):
    """A configuration that cannot be used: the message says file, line, key and what is allowed."""


# --- what is shipped ----------------------------------------------------------------------------


def shipped(name: str) -> str:
    """Return the path of a file of `config/`, in a checkout or in the installed package."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(package, "defaults", name)
    return installed if os.path.exists(installed) else os.path.join(package, "..", "config", name)


def plain(name: str) -> dict[str, Any]:
    """Return what a file of `config/` holds: values, or groups of values, by their names.

    These files are YAML so plain (a value or a list in brackets behind each name, no # in either)
    that they are read without the library for it, which to load takes as long as a small capture.
    """
    groups: dict[str, Any] = {}
    group = groups
    begun = ""  # a list that goes on in the next line
    with open(shipped(name), encoding="utf-8") as lines:
        for line in lines:
            text = begun + line.partition("#")[0].strip()
            if text.endswith(("[", ",")):
                begun = text
            elif text.endswith(":"):
                group = groups[text[:-1]] = {}
            elif text:
                key, _, value = text.partition(": ")
                (group if line.startswith(" ") else groups)[key] = _plain_value(value)
                begun = ""
    return groups


def _plain_value(text: str) -> Any:  # noqa: ANN401 - whatever stands there
    if text.startswith("["):
        items = text.strip("[]").split(",")
        return tuple(_plain_value(item.strip()) for item in items if item.strip())
    if text in _WORDS:
        return _WORDS[text]
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text.strip("'")


_WORDS: dict[str, Any] = {"true": True, "false": False, "{}": {}}
_DEFAULTS = plain("tracker.yaml")


# --- what is in force ---------------------------------------------------------------------------


class Config(NamedTuple):
    """All settings, the defaults where nothing else is said; `config/tracker.yaml` explains them.

    Times are in seconds.
    """

    profile: str = _DEFAULTS["profile"]
    syn_sent: float = _DEFAULTS["syn_sent"]
    syn_received: float = _DEFAULTS["syn_received"]
    fin_wait_1: float = _DEFAULTS["fin_wait_1"]
    fin_wait_2: float = _DEFAULTS["fin_wait_2"]
    closing: float = _DEFAULTS["closing"]
    last_ack: float = _DEFAULTS["last_ack"]
    time_wait: float = _DEFAULTS["time_wait"]
    initial_rto: float = _DEFAULTS["initial_rto"]
    rfc1337: bool = _DEFAULTS["rfc1337"]
    udp_unreplied: float = _DEFAULTS["udp_unreplied"]
    udp_replied: float = _DEFAULTS["udp_replied"]
    fragment_timeout: float = _DEFAULTS["fragment_timeout"]
    max_connections: int = _DEFAULTS["max_connections"]
    max_half_open: int = _DEFAULTS["max_half_open"]
    linger: float = _DEFAULTS["linger"]
    names_memory: int = _DEFAULTS["names_memory"]
    local: tuple[str, ...] = _DEFAULTS["local"]
    private_networks: tuple[str, ...] = _DEFAULTS["private_networks"]
    service_ports: tuple[int, ...] = _DEFAULTS["service_ports"]
    hosts: Mapping[str, tuple[str, ...]] = _DEFAULTS["hosts"]
    resolve_timeout: float = _DEFAULTS["resolve_timeout"]
    snap_length: int = _DEFAULTS["snap_length"]
    ring: int = _DEFAULTS["ring"]
    refresh: float = _DEFAULTS["refresh"]

    def nanoseconds(self, name: str) -> int:
        """Return the time `name` in ns."""
        seconds: float = getattr(self, name)
        return round(seconds * _NS_IN_S)


# --- where files are ----------------------------------------------------------------------------


def places() -> list[str]:
    """Return where a file of settings may be, the first to be looked at first.

    The XDG Base Directory Specification says: a variable that is empty counts as not set, and a
    path that is relative is ignored.
    """
    home = os.environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(home):
        home = os.path.join(os.path.expanduser("~"), ".config")
    folders = [home, *(os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")]
    files = [os.path.join(each, "tracker", "tracker.yaml") for each in folders]
    return [*filter(os.path.isabs, files), SYSTEM_FILE]


def found() -> str | None:
    """Return the file of settings that is used where none is named, None if there is none."""
    return next(filter(os.path.exists, places()), None)
