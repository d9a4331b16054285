"""Names of services, from this system's registry with `config/services.yaml` on top.

Host names, learned from the capture, will live here too.
"""

import os

from tracker.config import load_yaml, shipped

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
    names = _system(registry)
    for proto, ports in load_yaml(shipped("services.yaml")).items():
        names.update({(port, proto): name for port, name in ports.items()})
    return Services(names)


def _system(registry: str) -> dict[tuple[int, str], str]:
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
