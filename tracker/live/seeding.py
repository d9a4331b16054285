"""What this host's kernel knows of connections that were open before anything was seen."""

from collections.abc import Sequence
from ipaddress import ip_address

from tracker.flow_table import FlowTable
from tracker.host import KernelSocket
from tracker.tcp_state import State

# An IPv4 address stands in the lower half as IPv6 has it mapped (RFC 4291 section 2.5.5.2).
_MAPPED = 0xFFFF << 32
_LOW = (1 << 64) - 1


def seed(
    table: FlowTable, sockets: Sequence[KernelSocket], addresses: frozenset[str] | None, now: int
) -> None:
    """Take the TCP connections among `sockets` into `table`, those that it has not, as of `now`.

    Only those from one of `addresses`, if any are given: others are not seen on that interface.
    """
    served = {each.local_port for each in sockets if each.state is State.LISTEN}
    for each in sockets:
        if each.state is None or each.foreign_address is None:
            continue
        if addresses is None or each.local_address in addresses:
            version, *local = _halves(each.local_address)
            _, *foreign = _halves(each.foreign_address)
            table.seed(
                version,
                (local[0], local[1], each.local_port),
                (foreign[0], foreign[1], each.foreign_port),
                each.state,
                now,
                each.local_port not in served,
            )


def _halves(text: str) -> tuple[int, int, int]:
    """Return version, upper and lower half of an address as in `wire.segment`."""
    address = ip_address(text)
    bits = int(address)
    if address.version == 4:
        return 4, 0, _MAPPED | bits
    return 6, bits >> 64, bits & _LOW
