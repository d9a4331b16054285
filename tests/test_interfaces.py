"""Interfaces, against what `ip` says: those of this host, and all kinds of them in a namespace."""

import argparse
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from namespaces import Namespace, namespace

from tracker.capture import interfaces as module
from tracker.capture.interfaces import (
    Interface,
    default_interface,
    drops,
    find,
    host_addresses,
    interfaces,
    link_type_of,
)
from tracker.errors import UserError
from tracker.interfaces import show
from tracker.report.interfaces import json_lines, table

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="compares with Linux's `ip`")

LIST = """
import json
from tracker.capture.interfaces import interfaces
print(json.dumps([each._asdict() for each in interfaces()]))
"""
DEFAULT = """
import json
from tracker.capture.interfaces import default_interface
from tracker.errors import UserError
try:
    print(json.dumps(default_interface()))
except UserError as error:
    print(json.dumps(str(error)))
"""


@pytest.fixture(scope="module")
def space() -> Iterator[Namespace]:
    """Make a namespace with interfaces in all states, and addresses of all kinds."""
    with namespace("interfaces") as made:
        for words in (
            "link set lo up",
            "link add up0 type veth peer name up1",
            "link set up0 up",
            "link set up1 up",
            "link add half0 type veth peer name half1",
            "link set half0 up",
            "tuntap add mode tun name tun0",
            "tuntap add mode tap name tap0",
            "address add 10.1.0.1/24 dev up0",
            "address add 10.1.0.2/24 dev up0",
            "address add 2001:db8:0:0:1::1/64 dev up0 nodad",
            "address add 10.2.0.1 peer 10.2.0.9 dev tun0",
        ):
            made.run("ip", *words.split())
        yield made


# --- the list -----------------------------------------------------------------------------------


def shown(devices: list[Any]) -> list[tuple[object, ...]]:
    """Return name, index, hardware address and IP addresses as `ip -json address` shows them."""
    rows: list[tuple[object, ...]] = []
    for device in devices:
        hardware = device.get("address", "") if device["link_type"] == "ether" else ""
        addresses = [each["local"] for each in device["addr_info"]]
        rows.append((device["ifname"], device["ifindex"], hardware, sorted(addresses)))
    return rows


def listed(rows: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    """Return the same of our list, without the last, which is for all."""
    assert rows[-1]["name"] == "any"
    return [
        (row["name"], row["index"], row["hardware"], sorted(row["addresses"])) for row in rows[:-1]
    ]


def test_list_is_that_of_ip(space: Namespace) -> None:
    rows = space.python(LIST)
    assert listed(rows) == shown(space.ip("address"))
    assert len(rows) == 8
    assert "10.2.0.1" in rows[-3]["addresses"] + rows[-2]["addresses"]  # not the peer's


def test_states(space: Namespace) -> None:
    states = {row["name"]: row["state"] for row in space.python(LIST)}
    assert states == {
        "lo": "up",
        "up0": "up",
        "up1": "up",
        "half0": "no carrier",
        "half1": "down",
        "tun0": "down",
        "tap0": "down",
        "any": "up",
    }


def test_addresses_are_ipv4_first_and_short(space: Namespace) -> None:
    row = next(row for row in space.python(LIST) if row["name"] == "up0")
    assert row["addresses"][:2] == ["10.1.0.1", "10.1.0.2"]
    assert "2001:db8::1:0:0:1" in row["addresses"]  # RFC 5952 section 4.2.3: the first of equals
    assert any(address.startswith("fe80::") for address in row["addresses"])
    assert not any("%" in address for address in row["addresses"])


def counters(device: dict[str, Any]) -> list[int]:
    """Return received, sent, received octets, sent octets as `ip -s` shows them."""
    rx, tx = device["stats64"]["rx"], device["stats64"]["tx"]
    return [rx["packets"], tx["packets"], rx["bytes"], tx["bytes"]]


def test_counters_lie_between_two_looks_of_ip(space: Namespace) -> None:
    before = {each["ifname"]: counters(each) for each in space.ip("-s", "link")}
    rows = {row["name"]: row for row in space.python(LIST)}
    after = {each["ifname"]: counters(each) for each in space.ip("-s", "link")}
    names = ("received", "sent", "received_octets", "sent_octets")
    for name, at_least in before.items():
        ours = [rows[name][field] for field in names]
        triples = zip(at_least, ours, after[name], strict=True)
        assert all(low <= count <= high for low, count, high in triples), name
    assert rows["up0"]["sent"] > 0  # neighbour discovery
    for field in names:
        assert rows["any"][field] == sum(rows[name][field] for name in before)


ENTER = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
assert libc.setns(os.open(sys.argv[1], os.O_RDONLY), 0x40000000) == 0  # CLONE_NEWNET
"""


def test_namespace_is_that_of_the_process_whatever_sys_shows(space: Namespace) -> None:
    """`ip netns exec` mounts another /sys; who enters by setns(2) keeps the old one."""
    command = [sys.executable, "-P", "-c", ENTER + LIST, space.path]
    entered = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = json.loads(entered.stdout)
    assert listed(rows) == shown(space.ip("address"))
    assert rows[1]["received"] is not None


def test_here_it_is_that_of_ip() -> None:
    here = subprocess.run(["ip", "-json", "address"], capture_output=True, text=True, check=True)
    names = [device["ifname"] for device in json.loads(here.stdout)]
    assert [each.name for each in interfaces()] == [*names, "any"]


def test_find() -> None:
    assert find("lo").addresses[0] == "127.0.0.1"
    assert find("any").link_type == 276
    names = ", ".join(each.name for each in interfaces())
    with pytest.raises(UserError, match=f"^no interface is called 'eth77'; there are: {names}$"):
        find("eth77")


# --- the default one ----------------------------------------------------------------------------


def test_default_interface() -> None:
    with namespace("default") as made:
        made.run("ip", "link", "set", "lo", "up")
        made.run("ip", "link", "add", "a0", "type", "veth", "peer", "name", "b0")
        for name, number in (("a0", 1), ("b0", 2)):
            made.run("ip", "link", "set", name, "up")
            made.run("ip", "address", "add", f"10.{number}.0.1/24", "dev", name)
            made.run("ip", "address", "add", f"fd0{number}::1/64", "dev", name, "nodad")
        refusal = made.python(DEFAULT)
        assert refusal == "no default route; name an interface with -i: lo, b0, a0, any"
        made.run("ip", "-6", "route", "add", "default", "via", "fd01::9", "metric", "5")
        assert made.python(DEFAULT) == "a0"
        made.run("ip", "route", "add", "default", "via", "10.2.0.9", "metric", "50")
        assert made.python(DEFAULT) == "b0"
        made.run("ip", "route", "add", "default", "via", "10.1.0.9", "metric", "100")
        assert made.python(DEFAULT) == "b0"
        made.run("ip", "route", "add", "default", "via", "10.1.0.9", "metric", "10")
        assert made.python(DEFAULT) == "a0"


ROUTES = """
import json, subprocess
from tracker.capture.interfaces import default_interface
from tracker.errors import UserError
seen = []
for words in (
    "link set lo up", "-6 route add default dev lo", "route add default dev lo",  # to nowhere
    "link add a0 type veth peer name b0", "link set a0 up", "link set b0 up",
    "address add fd01::1/64 dev a0 nodad", "-6 route add default via fd01::9 metric 9",
    "-6 route del default via fd01::9",
):
    subprocess.run(["ip", *words.split()], check=True)
    try:
        seen.append(default_interface())
    except UserError as error:
        seen.append(None)
print(json.dumps(seen))
"""


def test_default_interface_is_asked_anew() -> None:
    with namespace("routes") as made:
        assert made.python(ROUTES) == [None] * 7 + ["a0", None]


def test_default_interface_here() -> None:
    routed = subprocess.run(
        ["ip", "-json", "route", "show", "default"], capture_output=True, text=True, check=True
    )
    routes = json.loads(routed.stdout)
    if not routes:
        pytest.skip("this machine has no default route")
    best = min(routes, key=lambda route: int(route.get("metric", 0)))
    assert default_interface() == best["dev"]


# --- addresses ----------------------------------------------------------------------------------

CHANGES = """
import json, subprocess
from tracker.capture.interfaces import host_addresses
seen = [host_addresses()]
for words in ("link set lo up", "address add 10.9.0.1/24 dev lo", "address del 10.9.0.1/24 dev lo"):
    subprocess.run(["ip", *words.split()], check=True)
    seen.append(host_addresses())
print(json.dumps(seen))
"""


def test_host_addresses_follow_changes() -> None:
    with namespace("addresses") as made:
        none, loopback, more, again = made.python(CHANGES)
    assert none == []
    assert set(loopback) == {"127.0.0.1", "127.0.0.0/8", "::1"}
    assert set(more) == {*loopback, "10.9.0.1"}
    assert again == loopback


def test_host_addresses_need_no_scapy() -> None:
    script = (
        "import sys; from tracker.capture.interfaces import drops, host_addresses, link_type_of; "
        "host_addresses(); drops('lo'); link_type_of('lo'); print('scapy' in sys.modules)"
    )
    command = [sys.executable, "-P", "-c", script]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


def test_list_needs_little_of_scapy_and_it_says_nothing() -> None:
    script = (
        "import sys; from tracker.capture.interfaces import interfaces; interfaces(); "
        "print('scapy.all' in sys.modules, 'scapy.layers.tls' in sys.modules)"
    )
    with namespace("bare") as made:
        command = made.inside(sys.executable, "-P", "-c", script)
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("False False\n", "")


# --- link types and drops -----------------------------------------------------------------------

# ioctls of linux/if_tun.h.
TUNSETIFF, TUNSETLINK = 0x400454CA, 0x400454CD
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000


@pytest.mark.parametrize(
    ("device_type", "link_type"),
    [
        (1, 1),  # ARPHRD_ETHER: LINKTYPE_ETHERNET
        (803, 127),  # ARPHRD_IEEE80211_RADIOTAP: LINKTYPE_IEEE802_11_RADIOTAP
        (801, 105),  # ARPHRD_IEEE80211: LINKTYPE_IEEE802_11
        (512, 276),  # ARPHRD_PPP
        (32, 276),  # ARPHRD_INFINIBAND
    ],
)
def test_link_type_follows_the_type_of_the_device(device_type: int, link_type: int) -> None:
    """A tap device takes any type that it is given."""
    if not os.access("/dev/net/tun", os.W_OK):
        pytest.skip("this machine lets us make no tap device")
    name = f"tap{os.getpid() % 1_000_000}"
    with Path("/dev/net/tun").open("r+b", buffering=0) as tap:
        fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
        fcntl.ioctl(tap, TUNSETLINK, device_type)
        assert link_type_of(name) == find(name).link_type == link_type
        assert find(name).state == "down"
    with pytest.raises(UserError, match="no interface is called"):
        link_type_of(name)


def test_link_types_of_others(space: Namespace) -> None:
    types = {row["name"]: row["link_type"] for row in space.python(LIST)}
    assert types["lo"] == types["up0"] == types["tap0"] == 1
    assert types["tun0"] == types["any"] == 276
    assert link_type_of("any") == 276


FRAMES = 7
UNHEARD = f"""
import json, socket, sys
from tracker.capture.interfaces import drops
ETH_P_ALL, UNUSED = 3, 0x88B5  # an EtherType for experiments (IEEE 802), which nobody listens to
counts = [drops("up1"), drops("any")]
if sys.argv[1] == "listening":
    capture = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    capture.bind(("up1", ETH_P_ALL))
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind(("up0", 0))
for _ in range({FRAMES}):
    sender.send(b"\\xff" * 6 + b"\\x02\\0\\0\\0\\0\\1" + UNUSED.to_bytes(2) + bytes(46))
print(json.dumps([drops("up1") - counts[0], drops("any") - counts[1]]))
"""


def test_drops_count_what_no_capture_could_see(space: Namespace) -> None:
    dropped = [each["stats64"]["rx"]["dropped"] for each in space.ip("-s", "link", "show", "up1")]
    assert space.python(UNHEARD, "nobody") == [FRAMES, FRAMES]
    after = [each["stats64"]["rx"]["dropped"] for each in space.ip("-s", "link", "show", "up1")]
    assert after == [dropped[0] + FRAMES]
    assert space.python(UNHEARD, "listening") == [0, 0]


def test_drops_of_what_is_not_there() -> None:
    assert drops("eth77") is None
    assert drops("") is None
    assert drops("x" * 100) is None


def test_lost_in_the_device_counts_once() -> None:
    """rx_missed_errors, rx_fifo_errors and rx_over_errors are names of one loss."""
    from tracker.capture.rtnetlink import _link  # as the kernel sends it

    numbers = [100, 90, 10_000, 9_000, 0, 0, 5, 0, 0, 0, 0, 17, 0, 0, 11, 17]
    statistics = struct.pack("=16Q", *numbers)
    body = struct.pack("=BxHiII", 0, 1, 7, 1, 0)
    body += struct.pack("=HH", 8, 3) + b"ab0\0"
    body += struct.pack("=HH", 4 + len(statistics), 23) + statistics
    assert _link(body) == ("ab0", 7, 1, 1, b"", 100, 90, 10_000, 9_000, 5 + 17)


# --- other systems ------------------------------------------------------------------------------


def test_elsewhere_scapy_and_psutil_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    psutil = pytest.importorskip("psutil")
    here = {each.name: each for each in interfaces()}
    monkeypatch.setattr(module, "_LINUX", False)
    found = interfaces()
    assert {each.name for each in found} == set(here) - {"any"}
    for each in found:
        other = here[each.name]
        assert (each.index, each.hardware) == (other.index, other.hardware)
        assert each.received is not None and each.received >= (other.received or 0)
        assert (each.state == "up") == psutil.net_if_stats()[each.name].isup
    assert set(host_addresses()) == {address for each in found for address in each.addresses}
    assert find("lo").link_type == 0  # LINKTYPE_NULL, as BSDs have it
    assert drops("lo") is not None and drops("eth77") is None


def test_elsewhere_without_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LINUX", False)
    monkeypatch.setitem(sys.modules, "psutil", None)
    loopback = find("lo")
    assert loopback.state == "unknown"
    assert loopback.received is loopback.dropped is None
    assert "127.0.0.1" in loopback.addresses


# --- what is printed ----------------------------------------------------------------------------

TWO = [
    Interface("lo", 1, "up", "", ("127.0.0.1", "::1"), 1, 5, 5, 420, 420, 0),
    Interface("wlan0", 2, "no carrier", "02:00:00:00:00:01", (), 127),
]
PRINTED = """\
  Name   State       Link Type                  Addresses  Received  Sent  Dropped
* lo     up          ETHERNET (1)               127.0.0.1         5     5        0
                                                ::1
  wlan0  no carrier  IEEE802_11_RADIOTAP (127)  -                 -     -        -
"""


def test_table() -> None:
    assert "".join(f"{line}\n" for line in table(TWO, "lo")) == PRINTED


def test_table_of_none() -> None:
    assert len(list(table([], None))) == 1


def test_json_lines() -> None:
    first, second = map(json.loads, json_lines(TWO, "lo"))
    assert list(first) == [*Interface._fields, "link_type_name", "default"]
    assert first["addresses"] == ["127.0.0.1", "::1"]
    assert (first["default"], second["default"]) == (True, False)
    assert second["link_type_name"] == "IEEE802_11_RADIOTAP (127)"
    assert second["dropped"] is None


@pytest.mark.parametrize("as_json", [False, True])
def test_command(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    assert show(argparse.Namespace(json=as_json)) == 0
    lines = capsys.readouterr().out.splitlines()
    if as_json:
        names = [json.loads(line)["name"] for line in lines]
    else:
        names = [line[2:].split()[0] for line in lines[1:] if line[2] != " "]
    assert names == [name for _, name in sorted(socket.if_nameindex())] + ["any"]
