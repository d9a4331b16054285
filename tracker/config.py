"""Settings: a frozen `Config`, passed down to whom it concerns; no globals.

The values here are those of `config/tracker.yaml`, which explains each with unit, range and
source; a test holds the two together.
"""

from pathlib import Path
from typing import Any, NamedTuple

_NS_IN_S = 1_000_000_000


class ConfigError(Exception):
    """A configuration that cannot be used: the message says file, key and what is allowed."""


class Config(NamedTuple):
    """All settings.  Times are in seconds."""

    syn_sent: float = 134.0
    syn_received: float = 65.0
    fin_wait_1: float = 108.0
    fin_wait_2: float = 60.0
    closing: float = 108.0
    last_ack: float = 108.0
    time_wait: float = 60.0
    rfc1337: bool = False
    udp_unreplied: float = 30.0
    udp_replied: float = 120.0
    max_connections: int = 2_000_000
    local: tuple[str, ...] = ()
    service_ports: tuple[int, ...] = (
        1194, 1433, 1521, 1883, 1935, 2049, 2375, 3128, 3268, 3306, 3389, 4369, 5060, 5222, 5432,
        5601, 5672, 5900, 5984, 5985, 6379, 6443, 6667, 7687, 8000, 8008, 8080, 8086, 8333, 8443,
        8883, 8888, 9000, 9042, 9090, 9092, 9200, 9418, 11211, 25565, 27017,
    )  # fmt: skip

    def nanoseconds(self, name: str) -> int:
        """Return the time `name` in ns."""
        return round(getattr(self, name) * _NS_IN_S)


def shipped(name: str) -> Path:
    """Return the path of a file of `config/`, in a checkout or in the installed package."""
    here = Path(__file__).parent
    installed = here / "defaults" / name
    return installed if installed.exists() else here.parent / "config" / name


def load(path: str) -> Config:
    """Return the settings of the YAML file `path`, the defaults for what it leaves out.

    Raises ConfigError for a file that cannot be read, an unknown key, or an impossible value.
    """
    settings = load_yaml(path)
    if not isinstance(settings, dict):
        raise ConfigError(f"{path}: settings are lines of `name: value`")
    values = {}
    for key, value in settings.items():
        if key not in Config._fields:
            raise ConfigError(f"{path}: unknown setting {key!r}; known: {', '.join(Config._fields)}")
        values[key] = _checked(path, key, value)
    return Config(**values)


def load_yaml(path: str | Path) -> Any:
    """Return what the YAML file `path` holds; raise ConfigError where it cannot be read."""
    import yaml  # here, because most runs need no YAML and should not wait for it

    try:
        with open(path, encoding="utf-8") as file:
            return yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from None


def _checked(path: str, key: str, value: Any) -> Any:
    """Return `value` in the type of the setting `key`."""
    default = Config._field_defaults[key]
    if isinstance(default, bool):
        if isinstance(value, bool):
            return value
        raise ConfigError(f"{path}: {key}: {value!r}; allowed: true, false")
    if isinstance(default, tuple):
        return _checked_list(path, key, value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e9:
        raise ConfigError(f"{path}: {key}: {value!r}; allowed: a number from 0 to 1e9")
    if isinstance(default, int) and (not isinstance(value, int) or value < 1):
        raise ConfigError(f"{path}: {key}: {value!r}; allowed: a whole number above 0")
    return type(default)(value)


def _checked_list(path: str, key: str, value: Any) -> tuple[Any, ...]:
    item = int if key == "service_ports" else str
    if isinstance(value, list) and all(type(x) is item for x in value):
        return tuple(value)
    what = "port numbers" if item is int else "addresses"
    raise ConfigError(f"{path}: {key}: {value!r}; allowed: a list of {what}")
