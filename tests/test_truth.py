"""The captures of `pcaps/` and what the kernels of both hosts said of them (`ss`)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from captures import PCAPS, read, sockets

NAMES = sorted(path.name for path in PCAPS.glob("*.pcap*"))
Snapshot = dict[str, Any]
VXLAN_PORT = ":4789"

#: How `ss` spells the states of RFC 9293.
SS_STATES = {
    "ESTAB": "ESTABLISHED",
    "SYN-SENT": "SYN_SENT",
    "SYN-RECV": "SYN_RECEIVED",
    "FIN-WAIT-1": "FIN_WAIT_1",
    "FIN-WAIT-2": "FIN_WAIT_2",
    "TIME-WAIT": "TIME_WAIT",
    "CLOSE-WAIT": "CLOSE_WAIT",
    "LAST-ACK": "LAST_ACK",
    "CLOSING": "CLOSING",
    "LISTEN": "LISTEN",
}


def snapshots() -> list[Snapshot]:
    """Return what the kernels said, one snapshot for each host and moment."""
    lines = (PCAPS / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def identity(snapshot: Snapshot) -> str:
    """Return a name for a snapshot."""
    return f"{snapshot['capture'].removesuffix('.pcap')}: {snapshot['host']}, {snapshot['label']}"


def kernel_rows(snapshot: Snapshot, *, listening: bool) -> set[tuple[str, str, str | None]]:
    """Return the TCP rows of a snapshot, in the tracker's words."""
    return {
        (row["local"], row["foreign"], SS_STATES[row["state"]])
        for row in snapshot["sockets"]
        if row["proto"] == "tcp" and (row["state"] == "LISTEN") == listening
    }


def arguments(snapshot: Snapshot) -> list[str | Path]:
    """Return the options for the table of the snapshot's host at its moment."""
    local = [word for address in snapshot["addresses"] for word in ("--local", address)]
    return [*local, "--at", snapshot["at"], PCAPS / snapshot["capture"]]


@pytest.mark.parametrize("snapshot", snapshots(), ids=identity)
def test_states_are_those_of_the_kernel(snapshot: Snapshot) -> None:
    rows = read("-t", *arguments(snapshot)).rows
    assert sockets(rows) == kernel_rows(snapshot, listening=False)
    assert len(rows) == len(sockets(rows))


@pytest.mark.parametrize("snapshot", snapshots(), ids=identity)
def test_listening_sockets_are_the_kernels(snapshot: Snapshot) -> None:
    """A socket that was seen to answer listens; one that nobody asked is not seen."""
    listening = {local for local, _, _ in kernel_rows(snapshot, listening=True)}
    found = {
        f"{row['local_address']}:{row['local_port']}"
        for row in read("-l", "-4", *arguments(snapshot)).rows
    }
    assert found <= listening


@pytest.mark.parametrize("snapshot", snapshots(), ids=identity)
def test_connected_udp_sockets_are_seen(snapshot: Snapshot) -> None:
    """`ss` shows a connected UDP socket before it has sent anything, so only one way round."""
    connected = {
        (row["local"], row["foreign"])
        for row in snapshot["sockets"]
        if row["proto"] == "udp" and row["state"] == "ESTAB"
    }
    rows = read("-u", *arguments(snapshot)).rows
    clients = {pair[:2] for pair in sockets([row for row in rows if row["initiator"] == "local"])}
    assert connected <= clients
    # The kernel's own tunnels have sockets that no program connected.
    assert all(foreign.endswith(VXLAN_PORT) for _, foreign in clients - connected)


def test_every_capture_has_its_moments() -> None:
    assert {snapshot["capture"] for snapshot in snapshots()} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_capture_is_described(name: str) -> None:
    readme = (PCAPS / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^\| `{re.escape(name)}` \|.*$", readme, re.MULTILINE)
    assert all(cell.strip() for cell in line.strip("|").split("|"))
