"""Settings: a frozen `Config`, passed down to whom it concerns; no globals.

The values here are those of `config/tracker.yaml`, which explains each with unit, range and
source; a test holds the two together.
"""

import os

from tracker.errors import UserError
from tracker.typed import Any, NamedTuple

_NS_IN_S = 1_000_000_000

# A billion seconds are 32 years, and in ns still far from what 64 bits hold.
_LARGEST = 1_000_000_000
_LARGEST_PORT = 65535


class ConfigError(UserError):
    """A configuration that cannot be used: the message says file, line, key and what is allowed."""


class Config(NamedTuple):
    """All settings.  Times are in seconds."""

    syn_sent: float = 134.0
    syn_received: float = 65.0
    fin_wait_1: float = 108.0
    fin_wait_2: float = 60.0
    closing: float = 108.0
    last_ack: float = 108.0
    time_wait: float = 60.0
    initial_rto: float = 1.0
    rfc1337: bool = False
    udp_unreplied: float = 30.0
    udp_replied: float = 120.0
    fragment_timeout: float = 30.0
    max_connections: int = 2_000_000
    max_half_open: int = 131_072
    local: tuple[str, ...] = ()
    service_ports: tuple[int, ...] = (
        1194, 1433, 1521, 1883, 1935, 2049, 2375, 3128, 3268, 3306, 3389, 4369, 5060, 5222, 5432,
        5601, 5672, 5900, 5984, 5985, 6379, 6443, 6667, 7687, 8000, 8008, 8080, 8086, 8333, 8443,
        8883, 8888, 9000, 9042, 9090, 9092, 9200, 9418, 11211, 25565, 27017,
    )  # fmt: skip

    def nanoseconds(self, name: str) -> int:
        """Return the time `name` in ns."""
        seconds: float = getattr(self, name)
        return round(seconds * _NS_IN_S)


def shipped(name: str) -> str:
    """Return the path of a file of `config/`, in a checkout or in the installed package."""
    here = os.path.dirname(os.path.abspath(__file__))
    installed = os.path.join(here, "defaults", name)
    return installed if os.path.exists(installed) else os.path.join(here, "..", "config", name)


def load(path: str) -> Config:
    """Return the settings of the YAML file `path`, the defaults for what it leaves out.

    Raises ConfigError for a file that cannot be read, an unknown key, or an impossible value.
    """
    settings, lines = _load_yaml(path)
    if not isinstance(settings, dict):
        raise ConfigError(f"{path}: line 1: settings are lines of `name: value`")
    values: dict[str, Any] = {}
    for key, value in settings.items():
        where = f"{path}: line {lines.get(key, 1)}"
        if key not in Config._fields:
            known = ", ".join(Config._fields)
            raise ConfigError(f"{where}: no setting is called {_shown(key)}; known: {known}")
        values[key] = _checked(f"{where}: {key}", key, value)
    return Config(**values)


def _load_yaml(path: str) -> tuple[Any, dict[Any, int]]:
    """Return what a YAML file holds, and the line of each name at its top.

    Raises ConfigError where it cannot be read.
    """
    import yaml  # here, because most runs need no YAML and should not wait for it

    try:
        with open(path, encoding="utf-8") as file:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(file)
            node = loader.get_single_node()
            lines = _lines(path, node) if isinstance(node, yaml.MappingNode) else {}
            content = loader.construct_document(node) if node else None
            return ({} if content is None else content), lines
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path}: line {line}: not YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from None


def _lines(path: str, node: Any) -> dict[Any, int]:  # noqa: ANN401 - a node of yaml
    """Return the line of each name of a YAML mapping; raise ConfigError where one comes twice."""
    lines: dict[Any, int] = {}
    for name, _ in node.value:
        line = name.start_mark.line + 1
        first = lines.setdefault(str(name.value), line)
        if first != line:
            raise ConfigError(f"{path}: line {line}: {name.value} stands in line {first} already")
    return lines


def _checked(where: str, key: str, value: object) -> object:
    """Return `value` in the type of the setting `key`; raise ConfigError if it is not allowed."""
    default = Config._field_defaults[key]
    if isinstance(default, bool):
        good, allowed = isinstance(value, bool), "true, false"
    elif isinstance(default, tuple):
        good, allowed = _is_list(key, value), _LISTS[key][1]
    elif isinstance(default, int):
        good = type(value) is int and 1 <= value <= _LARGEST
        allowed = f"a whole number from 1 to {_LARGEST}"
    else:
        good = type(value) in (int, float) and 0 <= value <= _LARGEST  # type: ignore[operator]
        allowed = f"seconds, a number from 0 to {_LARGEST}"
    if not good:
        raise ConfigError(f"{where}: {_shown(value)} is not allowed; allowed: {allowed}")
    return tuple(value) if isinstance(value, list) else type(default)(value)


def _is_list(key: str, value: object) -> bool:
    is_item = _LISTS[key][0]
    return isinstance(value, list) and all(is_item(item) for item in value)


def _is_network(item: object) -> bool:
    from ipaddress import ip_network  # here, because most runs name no address

    try:
        return isinstance(item, str) and bool(ip_network(item.partition("%")[0], strict=False))
    except ValueError:
        return False


def _is_port(item: object) -> bool:
    return type(item) is int and 0 <= item <= _LARGEST_PORT


_LISTS = {
    "local": (_is_network, "a list of addresses and networks, as in [10.0.0.0/8, 'fd00::5']"),
    "service_ports": (_is_port, f"a list of port numbers, 0 to {_LARGEST_PORT}"),
}


def _shown(value: object) -> str:
    """Return what stands in the file, shortened where it is long."""
    text = repr(value)
    longest = 60
    return text if len(text) <= longest else f"{text[:longest]}..."
