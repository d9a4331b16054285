"""Which modules are compiled, and how they are found where they were.

All of them are linked into one file, `_engine`, because to load sixty files takes longer than to
read a small capture.  Python would look for each in a file of its own name.
"""

from collections.abc import Iterable, Sequence
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder
from types import ModuleType

#: The last part of each name is there once, because Python looks in the file for that part.
MODULES = (
    "tracker.wire.segment",
    "tracker.wire.octets",
    "tracker.wire.tcp",
    "tracker.wire.inner",
    "tracker.wire.gre",
    "tracker.wire.overlay",
    "tracker.wire.gtp",
    "tracker.wire.l2tp",
    "tracker.wire.teredo",
    "tracker.wire.capwap",
    "tracker.wire.tunnel",
    "tracker.wire.icmp",
    "tracker.wire.udp",
    "tracker.wire.ip",
    "tracker.wire.shims",
    "tracker.wire.mpls",
    "tracker.wire.nsh",
    "tracker.wire.ppp",
    "tracker.wire.carried",
    "tracker.wire.ethernet",
    "tracker.wire.atm",
    "tracker.wire.cooked",
    "tracker.wire.docsis",
    "tracker.wire.dsa",
    "tracker.wire.family",
    "tracker.wire.hdlc",
    "tracker.wire.juniper",
    "tracker.wire.radio",
    "tracker.wire.recorded",
    "tracker.wire.station",
    "tracker.wire.wireless",
    "tracker.wire.link",
    "tracker.wire.plain",
    "tracker.wire.decode",
    "tracker.wire.checksum",
    "tracker.frames",
    "tracker.tcp_state",
    "tracker.endpoint",
    "tracker.connection",
    "tracker.rules.space",
    "tracker.rules.timing",
    "tracker.rules.opening",
    "tracker.rules.closing",
    "tracker.rules.generations",
    "tracker.rules.reset",
    "tracker.rules.errors",
    "tracker.rules.seeding",
    "tracker.rules.exchange",
    "tracker.rules.observe",
    "tracker.pool",
    "tracker.prediction",
    "tracker.due",
    "tracker.socket_pairs",
    "tracker.queues",
    "tracker.unpacked",
    "tracker.flow_table",
    "tracker.meter",
    "tracker.names.clues",
    "tracker.names.answers",
    "tracker.names.listener",
    "tracker.capture.ring",
    "tracker.capture.packing",
    "tracker.capture.walker",
    "tracker.capture.pcap",
    "tracker.capture.pcapng",
    "tracker.capture.snoop",
    "tracker.report.text",
    "tracker.report.hosts",
    "tracker.report.sides",
    "tracker.report.tally",
    "tracker.report.rows",
    "tracker.report.table",
    "tracker.report.send_queue",
    "tracker.report.style",
    "tracker.report.styles",
    "tracker.report.newest",
    "tracker.report.zeek",
    "tracker.report.community_id",
    "tracker.report.records",
    "tracker.report.events",
    "tracker.audit.spoken",
    "tracker.audit.speech",
    "tracker.audit.subjects",
    "tracker.audit.peers",
    "tracker.audit.group",
    "tracker.audit.patterns",
    "tracker.audit.policy",
    "tracker.audit.findings",
)


class Finder:
    """Finds them in `file`, as an entry of `sys.meta_path`."""

    def __init__(self, file: str) -> None:
        self._file = file

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        """Return where the module `name` is, None for one that is not compiled."""
        if name not in MODULES:
            return None
        spec = ModuleSpec(name, ExtensionFileLoader(name, self._file), origin=self._file)
        spec.has_location = True
        return spec


def finders(path: Iterable[str]) -> list[Finder]:
    """Return what finds the modules of the package in `path`, nothing if it is uncompiled."""
    spec = PathFinder.find_spec("tracker._engine", list(path))
    return [] if spec is None or spec.origin is None else [Finder(spec.origin)]
