"""Names of services, from this system's registry with `config/services.yaml` on top."""

import os

from tracker.config import shipped

SYSTEM_REGISTRY = "/etc/services"


class Services:
    """The names of ports, for TCP and UDP apart (RFC 6335)."""

    def __init__(self, names: dict[tuple[int, str], str]) -> None:
        self._names = names

    def names(self, proto: str) -> dict[int, str]:
        """Return the names of all ports that have one, for `proto` ("tcp" or "udp")."""
        return {port: name for (port, of), name in self._names.items() if of == proto}

    def name(self, port: int, proto: str) -> str | None:
        """Return the name of `port` for `proto` ("tcp" or "udp"), or None."""
        return self._names.get((port, proto))


def load_services(registry: str = SYSTEM_REGISTRY) -> Services:
    """Return the services that the system registry (which may be missing) and ours name."""
    return Services(_registered(registry) | _shipped())


def _shipped() -> dict[tuple[int, str], str]:
    """Read our own names: a heading for each protocol, a port and its name on each line.

    That is YAML so plain that it is read without the library for it, which to load takes as long
    as a small capture in all.
    """
    names: dict[tuple[int, str], str] = {}
    proto = ""
    with open(shipped("services.yaml"), encoding="utf-8") as lines:
        for line in lines:
            key, _, name = line.partition("#")[0].partition(":")
            if name.strip():
                names[int(key), proto] = name.strip()
            elif key.strip():
                proto = key.strip()
    return names


def _registered(registry: str) -> dict[tuple[int, str], str]:
    """Read a registry in the format of services(5): name, port/protocol, aliases."""
    names: dict[tuple[int, str], str] = {}
    if not os.path.exists(registry):
        return names
    with open(registry, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            fields = line.partition("#")[0].split()
            if len(fields) < 2:
                continue
            port, _, proto = fields[1].partition("/")
            if port.isdigit() and proto in ("tcp", "udp"):
                names.setdefault((int(port), proto), fields[0])
    return names
