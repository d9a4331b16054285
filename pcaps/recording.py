"""A scenario, how it is captured, and its recording: hosts, and what their kernels said."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from hosts import Host, Lab

QUIET = 0.25  # seconds without a packet before a kernel is asked

Snapshot = dict[str, Any]
Script = Callable[["Recording"], None]


@dataclass(frozen=True)
class Setting:
    """How a scenario is captured, and what it needs.

    With `stretched`, all times are that much longer afterwards, counted from the first packet:
    what takes minutes is recorded in seconds.
    """

    captured_at: str = "client"
    interface: str = "eth0"
    expression: str = "ip"
    precision: str = "nano"
    neighbours_known: bool = True
    routed: bool = False
    form: str = "pcap"
    longest: int = 60  # seconds
    programs: tuple[str, ...] = ()
    stretched: int = 1


@dataclass(frozen=True)
class Scenario:
    """A script and how it is captured."""

    name: str
    script: Script
    how: Setting

    @property
    def capture(self) -> str:
        return f"{self.name}.{self.how.form}"

    @property
    def summary(self) -> str:
        return (self.script.__doc__ or "").strip().partition("\n")[0]


SCENARIOS: dict[str, Scenario] = {}
_AS_USUAL = Setting()


def scenario(how: Setting = _AS_USUAL) -> Callable[[Script], Script]:
    """Enter a function under its name (with hyphens) in the list of scenarios."""

    def enter(script: Script) -> Script:
        name = script.__name__.replace("_", "-")
        SCENARIOS[name] = Scenario(name, script, how)
        return script

    return enter


class DisturbedError(Exception):
    """A moment that should have been quiet was not; recording again helps."""


class Recording:
    """One scenario being recorded: the hosts it happens on and the snapshots taken so far."""

    def __init__(self, scenario: Scenario, lab: Lab) -> None:
        self.lab = lab
        self.snapshots: list[Snapshot] = []
        self.printed = ""  # by tools that were asked
        self._scenario = scenario

    def mark(self, label: str, *roles: str) -> None:
        """Ask the kernels once everything has arrived or was lost, and nothing moves any more.

        Both are asked, unless `roles` names one: the only one that the capture can tell of.
        """
        self._wait_for_quiet(self.lab.wire.nothing_under_way)
        if self._scenario.how.interface == "lo":
            self._ask(label, self.lab.client)
        else:
            self._ask(label, *(self.lab.hosts[role] for role in roles or self.lab.hosts))

    def mark_under_way(self, label: str) -> None:
        """Ask while segments are still on their way.

        Only the host where the capture is made: what has not arrived at the other, or what that
        one has sent meanwhile, cannot be seen from here.
        """
        self._wait_for_quiet(lambda: True)
        self._ask(label, self.lab.hosts[self._scenario.how.captured_at])
        if self.lab.wire.nothing_under_way():
            raise DisturbedError(f'everything had arrived already at "{label}"')

    def ask_tools(self, role: str, commands: Iterable[str]) -> None:
        """Let tools print what they know of a host, right after a mark of it."""
        last_moved = self.lab.wire.last_moved
        for command in commands:
            self.printed += f"$ {command}\n{self.lab.hosts[role].run(*command.split())}"
        if self.lab.wire.last_moved != last_moved:
            raise DisturbedError("a packet came while the tools were asked")

    def _wait_for_quiet(self, settled: Callable[[], bool]) -> None:
        wire = self.lab.wire
        patience = QUIET + 0.02
        # What moves on lo does not pass the wire: there, leave time for a delayed ACK (40 ms).
        time.sleep(patience + 0.2 if self._scenario.how.interface != "eth0" else patience)

        def quiet() -> bool:
            return settled() and time.monotonic() - wire.last_moved > patience

        wire.wait_until(quiet, "a quiet moment")

    def _ask(self, label: str, *hosts: Host) -> None:
        last_moved = self.lab.wire.last_moved
        for host in hosts:
            at = time.time_ns()
            self.snapshots.append(
                {
                    "capture": self._scenario.capture,
                    "captured_at": self._scenario.how.captured_at,
                    "label": label,
                    "host": host.role,
                    "addresses": self._addresses(host),
                    "at": f"{at // 10**9}.{at % 10**9:09d}",
                    "sockets": host.socket_rows(),
                }
            )
        if self.lab.wire.last_moved != last_moved:
            raise DisturbedError(f'a packet came while the kernels were asked at "{label}"')

    def _addresses(self, host: Host) -> list[str]:
        if self._scenario.how.interface == "lo":
            return ["127.0.0.1", "::1"]
        return [host.address, host.address6, *host.more_addresses]
