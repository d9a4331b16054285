"""Zeek's words, against the baselines of Zeek's own tests (`truth/zeek.tsv` of the corpus).

Zeek starts from other assumptions in places; each difference is listed here, with its reason.
"""

from collections import defaultdict
from pathlib import Path

import pytest
from captures import CORPUS, Row, conversation, pcap, read, timed
from foreign import Record, ethernet_captures, needs_corpus, table
from packets import ACK, FIN, RST, SYN, tcp_frame

Socket = tuple[str, int]
Pair = tuple[str, frozenset[Socket]]

#: Rows that Zeek has and we have not, or the other way round.
OTHER_ROWS = {
    "zeek/chksums__localhost-bad-chksum.pcap": "Zeek drops segments with bad checksums",
}

OTHER_HISTORY = {
    "zeek/http__m57-long-49583-80.pcap": "Zeek repeats letters at the 10th, 100th, ... time",
    "zeek/http__m57-long-49600-80.pcap": "Zeek repeats letters at the 10th, 100th, ... time",
    "zeek/vntag_vlan_sandwich_clean.pcap": "cut by the snap length: Zeek notes nothing of it",
    "zeek/tcp__retransmit-fast009.pcap": "a gap: Zeek takes data that came again for missed",
}

#: Datagrams: who is the originator when nobody says so is anybody's guess.
OTHER_UDP = {
    "zeek/dhcp__dhcp.pcap": "67 to 68, both known: Zeek knows which of them serves",
    "zeek/ntp__misordered-ntp.pcap": "the reply stands before its question in the file",
    "zeek/tunnels__geneve-many-options.pcap": "from a known port to a higher one: from the server",
    "zeek/tunnels__geneve.pcap": "from a known port to a higher one: from the server",
    "zeek/tunnels__teredo_bubble_with_payload.pcap": "3544: Zeek takes it for a server's port",
    "zeek/tunnels__vxlan-encapsulated-igmp-v2.pcap": "Zeek drops datagrams with bad checksums",
}


FIELDS = ("conn_state", "history")


def zeek_rows(capture: str) -> dict[Pair, list[Record]]:
    """Return Zeek's rows of the outermost TCP and UDP connections, by socket pair."""
    found = defaultdict(list)
    for row in table("truth/zeek.tsv"):
        outermost = row["tunnel_parents"] in ("-", "?", "")
        if row["capture"] == capture and row["proto"] in ("tcp", "udp") and outermost:
            sockets = (row["orig_h"], int(row["orig_p"])), (row["resp_h"], int(row["resp_p"]))
            found[row["proto"], frozenset(sockets)].append(row)
    return found


def our_rows(capture: str) -> dict[Pair, list[Row]]:
    """Return our rows, by socket pair."""
    found = defaultdict(list)
    for row in read("--closed", CORPUS / capture).rows:
        sockets = (
            (row["local_address"], row["local_port"]),
            (row["foreign_address"], row["foreign_port"]),
        )
        found[row["proto"], frozenset(sockets)].append(row)
    return found


def same(zeeks: list[Record], ours: list[Row], field: str) -> bool:
    """Return whether all rows of a socket pair have the same `field` (`?`: not known)."""
    return all(
        theirs[field] in ("?", our[field] or "-") for theirs, our in zip(zeeks, ours, strict=True)
    )


def differences(capture: str) -> list[str]:
    """Return what differs in a capture: "rows", "conn_state", "history" or "udp"."""
    ours = our_rows(capture)
    found = []
    for pair, zeeks in zeek_rows(capture).items():
        mine = ours.get(pair, [])
        if len(mine) != len(zeeks):
            found.append("rows")
        elif pair[0] == "udp":
            found += [] if all(same(zeeks, mine, field) for field in FIELDS) else ["udp"]
        else:
            found += [field for field in FIELDS if not same(zeeks, mine, field)]
    return found


@needs_corpus
def test_conn_state_and_history_are_zeeks() -> None:
    """Every conn_state of TCP is the same; what else differs is what is listed, and no more."""
    known = {row["capture"] for row in table("truth/zeek.tsv")} & set(ethernet_captures())
    assert len(known) > 50
    found = defaultdict(set)
    for capture in known:
        for what in differences(capture):
            found[what].add(capture)
    assert found == {
        "rows": set(OTHER_ROWS), "history": set(OTHER_HISTORY), "udp": set(OTHER_UDP)
    }  # fmt: skip


# --- one of each, from conn/main.zeek -----------------------------------------------------------

SYN_SEEN = tcp_frame(SYN, acknowledgment=0)
SYN_ACK_SEEN = tcp_frame(SYN | ACK, back=True, sequence=300, acknowledgment=101)
ACK_SEEN = tcp_frame(ACK, sequence=101, acknowledgment=301)
FIN_SEEN = tcp_frame(FIN | ACK, sequence=101, acknowledgment=301)
FIN_BACK = tcp_frame(FIN | ACK, back=True, sequence=301, acknowledgment=101)
FINS = [FIN_SEEN, tcp_frame(FIN | ACK, back=True, sequence=301, acknowledgment=102)]
RST_SEEN = tcp_frame(RST, sequence=101, acknowledgment=0)
RST_BACK = tcp_frame(RST, back=True, sequence=301, acknowledgment=0)
REFUSAL = tcp_frame(RST | ACK, back=True, sequence=0, acknowledgment=101)
HANDSHAKE = [SYN_SEEN, SYN_ACK_SEEN, ACK_SEEN]


@pytest.mark.parametrize(
    ("frames", "conn_state", "history"),
    [
        ([SYN_SEEN], "S0", "S"),
        (HANDSHAKE, "S1", "ShA"),
        ([*HANDSHAKE, FIN_SEEN], "S2", "ShAF"),
        ([*HANDSHAKE, FIN_BACK], "S3", "ShAf"),
        (conversation(), "SF", "ShADdFaf"),
        ([SYN_SEEN, REFUSAL], "REJ", "Sr"),
        ([*HANDSHAKE, RST_SEEN], "RSTO", "ShAR"),
        ([*HANDSHAKE, RST_BACK], "RSTR", "ShAr"),
        ([*HANDSHAKE, FIN_SEEN, RST_BACK], "RSTR", "ShAFr"),
        ([*HANDSHAKE, *FINS, RST_SEEN], "SF", "ShAFfR"),
        ([SYN_SEEN, RST_SEEN], "RSTOS0", "SR"),
        ([SYN_ACK_SEEN, RST_BACK], "RSTRH", "^hr"),
        ([SYN_SEEN, FIN_SEEN], "SH", "SF"),
        ([SYN_ACK_SEEN, FIN_BACK], "SHR", "^hf"),
        ([ACK_SEEN], "OTH", "A"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_conn_state(frames: list[bytes], conn_state: str, history: str, tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(timed(frames)))
    (row,) = read("--closed", path).rows
    assert (row["conn_state"], row["history"]) == (conn_state, history)
