"""Whose table it is, as the user says: by option, by settings, by name."""

import argparse
from collections.abc import Iterable

from tracker.config import PRIVATE, Config
from tracker.errors import UsageError, UserError
from tracker.report.sides import Host, Network, Sides, network
from tracker.report.text import address
from tracker.typed import TYPE_CHECKING

if TYPE_CHECKING:  # loaded where names are wanted
    from tracker.report.hosts import HostNames


def known_hosts(config: Config) -> list[Host]:
    """Return the hosts that the settings give several addresses, or a name."""
    return [
        Host([network(text) for text in addresses], name)
        for name, addresses in config.hosts.items()
    ]


def refuse(options: argparse.Namespace) -> None:
    """Raise UsageError where the options say twice whose table it is, or say nothing."""
    if options.local and options.host is not None:
        raise UsageError("--as and --local both say whose table it is; give one of them")
    if options.host is not None and not options.host.strip():
        raise UsageError("--as: name a host, or one of its addresses")


def stated_sides(options: argparse.Namespace, config: Config) -> Sides | None:
    """Return whose table it is where options or settings say so, else None.

    None, too, for a name of --as that the settings do not know: see `heard_sides`.  Raises
    SidesError for what is no address and no network.
    """
    if options.host is not None:
        return _host_sides(options.host, config)
    if options.local:
        words = [word.strip() for text in options.local for word in text.split(",")]
        return _sides(words, "--local", config)
    return _sides(config.local, options.config or "settings", config) if config.local else None


def heard_sides(name: str, hosts: "HostNames") -> Sides | None:
    """Return the sides for a host by its name, None where nothing heard tells its address."""
    found = hosts.addresses_of(name)
    texts = ", ".join(address(*each) for each in found)
    networks = [Network(*each) for each in found]
    return Sides(networks, f"local: {name}, which is {texts} (--as)") if found else None


def unheard(name: str) -> UserError:
    """Return what is wrong where nobody knows a host by its name."""
    return UserError(
        f"--as {name}: no address, and neither the settings (hosts) nor the capture tell which "
        "address has this name"
    )


def _sides(words: Iterable[str], source: str, config: Config) -> Sides:
    """Return the sides for addresses, networks, names of hosts, and `private`."""
    networks: list[Network] = []
    texts: list[str] = []
    for word in words:
        found = list(config.hosts.get(word.lower(), (word,)))
        if word.lower() == PRIVATE:
            found = list(config.private_networks)
        networks += map(network, found)
        texts.append(word if found == [word] else f"{word} ({', '.join(found)})")
    return Sides(networks, f"local: {', '.join(texts)} ({source})")


def _host_sides(name: str, config: Config) -> Sides | None:
    """Return the sides for a host of the settings, or an address; None for any other name."""
    if name.lower() in config.hosts:
        return _sides([name], "--as", config)
    return Sides([network(name)], f"local: {name} (--as)") if _is_address(name) else None


def _is_address(text: str) -> bool:
    """Return whether a text is meant to be an address, and no name."""
    return ":" in text or text.replace(".", "").isdigit()
