"""The wire against a kernel's table: hosts that were recorded, hosts that were made up, this host.

`audit_kernel_hosts.py` plays each benign cause once and records it; what comes of it is in
`audit_kernel/`.  Where that may be done, it is recorded anew, and has to come out the same.
"""

import os
import shutil
import socket
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import audit_kernel_hosts as played
import pytest
from audit_subjects import NOON, made, subjects_of
from captures import CHECKOUT

import tracker
from tracker import host
from tracker.audit import against_live
from tracker.audit.against import compare, saved, with_tables
from tracker.audit.against_diag import diag_pairs
from tracker.audit.against_known import (
    BETWEEN,
    CAUSES,
    CLOSING,
    COOKIES,
    DIFFERENT,
    FORWARDED,
    GONE,
    HIDDEN,
    IDLE,
    INTERFACE,
    LISTENING,
    LOOPBACK,
    NAMESPACE,
    NEVER_LEFT,
    NOT_COVERED,
    NS_IN_S,
    OTHERS,
    PARTIAL,
    RAW,
    SILENT,
    STATES,
    TOLERANCE,
    TRANSLATED,
    UNSEEN,
    Known,
    Mismatch,
)
from tracker.audit.against_look import look_next
from tracker.audit.against_stack import offers
from tracker.audit.dumps import read_dumps
from tracker.audit.dumps_rows import ANY4, RawSocket, Tracked
from tracker.capture.saved import in_time_order
from tracker.host import KernelSocket
from tracker.replay import replay
from tracker.tables import flow_table
from tracker.tcp_state import State
from tracker.words import NOTE_SEEDED

RECORDED = Path(__file__).resolve().parent / "audit_kernel"
US = frozenset((played.HOST, played.HOST6))

PROC = ("proc-tcp.txt", "proc-tcp6.txt", "proc-udp.txt", "proc-udp6.txt")
FORMS = {"ss": ("ss.txt",), "netstat": ("netstat.txt",), "proc": PROC}

# --- hosts that were recorded -------------------------------------------------------------------


class Recording(NamedTuple):
    """A host at its moment: what the wire shows, what the kernel says."""

    folder: Path

    @property
    def moment(self) -> int:
        return int((self.folder / "moment").read_text(encoding="ascii"))

    def compare(self, capture: str, *names: str, **more: Any) -> list[Mismatch]:
        """Hold a capture against the tables in the files called `names`."""
        return self.compare_with(capture, [self.folder / name for name in names], **more)

    def compare_with(self, capture: str, paths: list[Path], **more: Any) -> list[Mismatch]:
        sockets, tables = saved(map(str, paths), more.pop("others", ()))
        as_of = self.moment + more.get("tolerance", TOLERANCE)
        subjects = subjects_of(self.folder / f"{capture}.pcap", as_of)
        known = tables._replace(
            moment=self.moment,
            began=min(each.first_seen for each in subjects),
            addresses=US,
            offers=lambda: self.offers(capture, as_of),
        )
        return compare(subjects, sockets, known._replace(**more))

    def offers(self, capture: str, as_of: int) -> Any:
        meter = tracker.Meter(flow_table(tracker.Config(), keep_ended=True))
        source = tracker.SavedCapture(str(self.folder / f"{capture}.pcap"))
        replay(in_time_order([source]), meter, tracker.Moment(time=as_of))
        source.close()
        return offers(meter.table.connections)()

    def inner(self) -> list[str]:
        return [str(self.folder / "inner.txt")]


@pytest.fixture(scope="module", params=["recorded", "recorded anew"])
def recording(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The host of the repository, and the same played again by this machine's kernel."""
    if request.param == "recorded":
        return Recording(RECORDED)
    skip_unless_playable()
    folder = tmp_path_factory.mktemp("audit")
    try:
        played.record(folder)
    except RuntimeError as error:
        pytest.skip(f"this machine cannot play it: {error}")
    return Recording(folder)


def skip_unless_playable() -> None:
    """Skip where the hosts cannot be played."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    missing = [name for name in played.NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def causes(found: list[Mismatch], kind: str) -> Counter[tuple[str | None, str]]:
    """Count the mismatches of a kind by cause and where: the port that was chosen for it."""
    return Counter((each.cause, where(each)) for each in found if each.kind == kind)


def where(each: Mismatch) -> str:
    """Return the end of a mismatch that has a port of its own, without the ports of chance."""
    _, (proto, local, local_port, foreign, foreign_port) = each.key()
    if foreign is None or 4000 <= local_port <= 8080:
        return f"{proto} {local}:{local_port}"
    return f"{proto} {foreign}:{foreign_port}"


def hidden(raw: str = RAW, nat: str = NAMESPACE, forwarded: str = NAMESPACE) -> Any:
    """Return what the wire has and the kernel has not.

    Not the flood: a SYN,ACK that is never repeated was given up two seconds later, on both sides.
    """
    return Counter(
        {
            (raw, f"tcp {played.HOST}:{played.RAW_PORT}"): 1,
            (nat, f"tcp {played.HOST}:{played.MASQUERADED}"): 1,
            (nat, f"tcp {played.HOST}:{played.PUBLISHED}"): 1,
            (forwarded, f"tcp {played.INNER}:{played.PLAIN}"): 1,
            (OTHERS, f"tcp {played.PEER}:82"): 1,
            (COOKIES, f"tcp {played.HOST}:{played.CROWDED}"): 1,
            (CLOSING, f"tcp {played.HOST}:5010"): 1,
            (GONE, f"udp {played.NOBODY}:514"): 1,
            (BETWEEN, f"tcp {played.HOST}:5012"): 1,
        }
    )


UNSEEN_ON_ETH0 = Counter(
    {
        (LISTENING, f"tcp {played.HOST}:22"): 1,
        (LISTENING, f"tcp {played.HOST}:{played.COOKIE}"): 1,
        (LISTENING, f"tcp {played.HOST}:{played.CROWDED}"): 1,
        (LISTENING, f"tcp {played.HOST_INSIDE}:6002"): 1,
        (LISTENING, "tcp 127.0.0.1:6001"): 1,
        (LISTENING, f"tcp {played.HOST6}:80"): 1,
        (LOOPBACK, "tcp 127.0.0.1:6001"): 2,
        (INTERFACE, f"tcp {played.HOST_INSIDE}:6002"): 1,
        (NEVER_LEFT, f"tcp {played.PEER}:{played.BLOCKED}"): 1,
        (SILENT, f"udp {played.PEER}:{played.SILENT}"): 1,
        (IDLE, f"tcp {played.HOST}:5000"): 1,
    }
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("capture", ["eth0", "hub"])
def test_each_benign_cause_is_named(recording: Recording, capture: str, form: str) -> None:
    """On the host and off it, from three kinds of tables; nothing else is found."""
    names = [*FORMS[form], "raw.txt"]
    if not all((recording.folder / name).exists() for name in names):
        pytest.skip(f"not installed: {form}")
    full = {("tcp", played.HOST, played.CROWDED, None, 0): (1, 0)}  # only ss tells it
    found = recording.compare(capture, *names, others=recording.inner(), full=full)
    assert causes(found, HIDDEN) == hidden()
    assert causes(found, UNSEEN) == UNSEEN_ON_ETH0
    assert not causes(found, DIFFERENT)


def test_the_firewall_tells_what_is_translated_and_forwarded(recording: Recording) -> None:
    if not (recording.folder / "conntrack.txt").exists():
        pytest.skip("this kernel does not show what it tracks (CONFIG_NF_CONNTRACK_PROCFS)")
    found = recording.compare("eth0", "ss.txt", "raw.txt", "conntrack.txt", offers=None)
    assert causes(found, HIDDEN) == hidden(nat=TRANSLATED, forwarded=FORWARDED)


def test_both_sides_of_a_translation_are_on_all_interfaces(recording: Recording) -> None:
    found = recording.compare("any", "ss.txt", "raw.txt", forwards=True)
    translated = {each.text.split(",")[0] for each in found if each.cause == TRANSLATED}
    assert translated == {
        "tcp 10.9.0.2:4000 and 192.168.1.7:80",
        "tcp 192.168.1.5:4000 and 192.168.1.7:80",
        "tcp 192.168.1.7:4002 and 10.9.0.2:80",
        "tcp 192.168.1.5:8080 and 192.168.1.7:4002",
    }
    assert (FORWARDED, "tcp 10.9.0.2:4001") in causes(found, HIDDEN)
    assert all(each.cause for each in found)


REMOVABLE = ["192.168.1.7:443", "192.168.1.7:25", "192.168.1.7:5003", "[fd00::7]:443"]


@pytest.mark.parametrize("capture", ["eth0", "hub", "any"])
@pytest.mark.parametrize("peer", REMOVABLE)
def test_a_removed_socket_is_the_finding(
    recording: Recording, capture: str, peer: str, tmp_path: Path
) -> None:
    """It is, whatever else explains others: raw sockets, another namespace, the firewall."""
    lines = (recording.folder / "ss.txt").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if f" {peer} " not in line]
    assert len(kept) == len(lines) - 1
    (tmp_path / "ss.txt").write_text("\n".join(kept), encoding="utf-8")
    others = [recording.folder / name for name in ("raw.txt", "conntrack.txt")]
    paths = [tmp_path / "ss.txt", *(path for path in others if path.exists())]
    found = recording.compare_with(capture, paths, others=recording.inner())
    (finding,) = [each for each in found if each.cause is None]
    assert finding.kind == "on the wire, not in the kernel's table"
    assert peer in finding.text
    assert found[0] is finding


def test_the_case_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/audit-kernel.md removes a line from the table, and quotes what is said then."""
    page = (CHECKOUT / "docs" / "audit-kernel.md").read_text(encoding="utf-8")
    lines = (RECORDED / "ss.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "ss.txt"
    path.write_text("".join(line for line in lines if "192.168.1.7:443 " not in line))
    monkeypatch.chdir(RECORDED)
    paths = [path, Path("raw.txt"), Path("conntrack.txt")]
    (finding,) = [each for each in Recording(RECORDED).compare_with("hub", paths) if not each.cause]
    quoted = " ".join(page.split())
    assert finding.text in quoted
    assert "the last 2.7 s before the table" in finding.evidence
    assert finding.evidence.partition("; ")[2] in quoted


def test_a_raw_socket_alone_explains_nothing(recording: Recording) -> None:
    """Its program is named with the finding, where nothing shows that it speaks there."""
    names = ("ss.txt", "raw.txt")
    found = recording.compare("eth0", *names, others=recording.inner(), offers=None)
    (finding,) = [each for each in found if each.cause is None]
    assert f"{played.HOST}:{played.RAW_PORT}" in finding.text
    assert "has a packet socket" in finding.evidence or "has a raw socket" in finding.evidence


def test_what_was_just_heard_must_be_in_the_capture(recording: Recording) -> None:
    """The capture is lied to: `ss -i` tells of segments that it does not have."""
    moment = recording.moment
    subjects = subjects_of(recording.folder / "eth0.pcap", moment + NS_IN_S)
    found = read_dumps([str(recording.folder / "ssi.txt")])
    kept = [each for each in subjects if each.foreign_port != 25]
    assert len(kept) == len(subjects) - 1
    known = Known(moment=moment, tolerance=1, began=moment - 60 * NS_IN_S, addresses=US)
    unseen = [
        each
        for each in compare(kept, found.sockets, with_tables(known, found))
        if each.kind == UNSEEN and each.cause is None
    ]
    assert sorted(where(each) for each in unseen) == [
        "tcp 192.168.1.5:5000",
        "tcp 192.168.1.5:5002",
    ]
    assert "its last segment was" in unseen[0].evidence


# --- hosts that were made up --------------------------------------------------------------------

OURS = KernelSocket("tcp", "192.168.1.5", 22, None, 0, State.LISTEN, 7, "sshd")
AT_NOON = Known(moment=NOON, began=NOON - 600 * NS_IN_S, addresses=frozenset({"192.168.1.5"}))


def socket_of(**fields: Any) -> KernelSocket:
    """Return the kernel's socket of the usual subject, but for these fields."""
    usual = KernelSocket(
        "tcp", "192.168.1.5", 1099, "192.168.1.7", 80, State.ESTABLISHED, 9, "curl"
    )
    return usual._replace(**fields)


def only(found: list[Mismatch]) -> Mismatch:
    (mismatch,) = [each for each in found if each.cause != LISTENING]
    return mismatch


def why(known: Known = AT_NOON, **fields: Any) -> str | None:
    """Return why the kernel, which only listens on port 22, lacks a subject with these fields."""
    mismatch = only(compare([made(**fields)], [OURS], known))
    assert mismatch.kind == HIDDEN
    return mismatch.cause


def test_what_both_have_is_no_mismatch() -> None:
    assert compare([made()], [socket_of()], AT_NOON) == []


def test_every_cause_is_told_in_words() -> None:
    assert len(CAUSES) == 18
    assert all(CAUSES.values())


def test_nothing_explains_a_connection_that_the_kernel_lacks() -> None:
    assert why() is None
    assert why(opened_by="foreign", local_port=4444, service=None) is None


def test_who_listens_is_told_with_the_finding() -> None:
    hers = made(opened_by="foreign", local_port=4444)
    assert "nobody listens on port 4444" in only(compare([hers], [OURS], AT_NOON)).evidence


@pytest.mark.parametrize("state", ["FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "LAST_ACK", "TIME_WAIT"])
def test_what_this_host_closed_needs_no_owner(state: str) -> None:
    assert why(state=state) == CLOSING


@pytest.mark.parametrize("state", ["ESTABLISHED", "CLOSE_WAIT"])
def test_what_this_host_did_not_close_does(state: str) -> None:
    assert why(state=state) is None


def test_a_syn_without_answer_is_forgotten() -> None:
    assert why(state="SYN_SENT") == GONE


def test_cookies_need_a_listener() -> None:
    hers: dict[str, Any] = {"opened_by": "foreign", "state": "SYN_RECEIVED", "local_payload": 0}
    assert why(**hers, local_port=22) == COOKIES
    assert why(**hers, local_port=23) is None


def test_a_flood_is_answered_with_cookies() -> None:
    """Also while it goes on: eight handshakes that the table lacks are not in between."""
    crowd = [
        made(
            local_port=22,
            foreign_port=port,
            opened_by="foreign",
            state="SYN_RECEIVED",
            first_seen=NOON,
        )
        for port in range(1, 9)
    ]
    assert {each.cause for each in compare(crowd, [OURS], AT_NOON)} == {COOKIES, LISTENING}
    assert {each.cause for each in compare(crowd[1:], [OURS], AT_NOON)} == {BETWEEN, LISTENING}


def test_a_full_queue_explains_only_what_this_host_did_not_answer() -> None:
    hers: dict[str, Any] = {"opened_by": "foreign", "local_port": 22}
    full = AT_NOON._replace(full={OURS.pair(): (6, 5)})
    assert why(full, **hers, local_payload=0) == COOKIES
    assert why(full, **hers, local_payload=1) is None
    assert why(**hers, local_payload=0) is None


@pytest.mark.parametrize(
    ("seconds", "cause"), [(-2.1, None), (-1.9, BETWEEN), (0, BETWEEN), (1.9, BETWEEN)]
)
def test_what_began_within_the_tolerance_is_between(seconds: float, cause: str | None) -> None:
    assert why(first_seen=NOON + round(seconds * NS_IN_S)) == cause


def test_what_has_ended_on_the_wire_is_not_missing() -> None:
    assert only_listening(compare([made(state="CLOSED", present=False)], [OURS], AT_NOON))


def only_listening(found: list[Mismatch]) -> bool:
    return {each.cause for each in found} == {LISTENING}


DATAGRAMS: dict[str, Any] = {
    "proto": "udp",
    "state": None,
    "foreign_state": None,
    "pseudo_state": "replied",
}


def test_udp_is_missing_only_around_the_moment() -> None:
    around: dict[str, Any] = {"first_seen": NOON - 60 * NS_IN_S, "last_seen": NOON + 3 * NS_IN_S}
    assert why(**DATAGRAMS, **around) is None
    assert why(**DATAGRAMS, last_seen=NOON - NS_IN_S) == GONE
    before = made(**DATAGRAMS, last_seen=NOON - 10 * NS_IN_S)
    assert only_listening(compare([before], [OURS], AT_NOON))


@pytest.mark.parametrize(("seconds", "cause"), [(0.9, GONE), (1.1, None), (2.0, None)])
def test_udp_is_missing_if_heard_after_half_the_tolerance(
    seconds: float, cause: str | None
) -> None:
    """Subjects are as of the moment and the whole tolerance, so later than that is nothing."""
    last = NOON + round(seconds * NS_IN_S)
    assert why(**DATAGRAMS, last_seen=last) == cause
    assert why(**DATAGRAMS, last_seen=last, local_packets=1) == GONE


def test_a_table_that_was_taken_long_after_the_capture_tells_nothing() -> None:
    assert why(AT_NOON._replace(ended=NOON - 61 * NS_IN_S)) == BETWEEN
    assert why(AT_NOON._replace(ended=NOON - 59 * NS_IN_S)) is None


@pytest.mark.parametrize("address", ["192.168.1.5", ANY4, "::"])
def test_udp_is_received_by_a_socket_without_peer(address: str) -> None:
    bound = KernelSocket("udp", address, 1099, None, 0, None, 9, "resolver")
    around = made(**DATAGRAMS, last_seen=NOON + 3 * NS_IN_S)
    assert compare([around], [bound], AT_NOON) == []


def test_a_table_without_ipv6_sockets_cannot_tell() -> None:
    """A socket of IPv6 carries connections of IPv4, too (RFC 3493 section 3.7)."""
    assert why(AT_NOON._replace(covered=frozenset({"tcp"}))) == NOT_COVERED
    assert why(AT_NOON._replace(covered=frozenset({"tcp", "tcp6"}))) is None
    known = AT_NOON._replace(covered=frozenset({"tcp6"}), addresses=frozenset({"fd00::5"}))
    assert why(known, local_address="fd00::5", foreign_address="fd00::7") is None
    around: dict[str, Any] = {"first_seen": NOON - 60 * NS_IN_S, "last_seen": NOON + 3 * NS_IN_S}
    known = AT_NOON._replace(covered=frozenset({"tcp", "tcp6"}))
    assert why(known, **DATAGRAMS, **around) == NOT_COVERED


def test_traffic_of_others() -> None:
    theirs: dict[str, Any] = {"local_address": "192.168.1.9"}
    assert why(**theirs) == OTHERS
    assert why(AT_NOON._replace(forwards=True), **theirs) == FORWARDED


def test_an_address_is_anothers_only_if_one_of_ours_is_known() -> None:
    """The table may have lost the only socket with the address of this host."""
    assert why(local_address="fd00::5", foreign_address="fd00::7") is None
    unknown = AT_NOON._replace(addresses=frozenset())
    elsewhere = OURS._replace(local_address="10.9.0.1")
    assert only(compare([made()], [elsewhere], unknown)).cause is None
    used = made(local_port=5)
    theirs = made(local_address="192.168.1.9")
    assert only(compare([used, theirs], [socket_of(local_port=5)], unknown)).cause == OTHERS


def test_a_subject_is_turned_to_the_side_of_this_host() -> None:
    """Seen from the client, where this host is the server that does not admit it."""
    hers = made(
        local_address="192.168.1.9",
        local_port=50000,
        foreign_address="192.168.1.5",
        foreign_port=4444,
    )
    found = only(compare([hers], [OURS], AT_NOON))
    assert found.cause is None
    assert found.text.startswith("tcp 192.168.1.5:4444 and 192.168.1.9:50000")
    assert compare([hers], [socket_of(local_port=4444, foreign_address="192.168.1.9",
                                      foreign_port=50000)], AT_NOON) == []  # fmt: skip


def test_a_host_that_talks_to_itself_has_two_sockets() -> None:
    """A subject is given once; both of its sides have to be in the table."""
    subject = made(local_address="127.0.0.1", foreign_address="127.0.0.1")
    near = socket_of(local_address="127.0.0.1", foreign_address="127.0.0.1")
    far = near._replace(local_port=80, foreign_port=1099)
    assert compare([subject], [near, far], AT_NOON) == []
    found = only(compare([subject], [near], AT_NOON))
    assert (found.kind, found.cause) == (HIDDEN, None)
    assert found.text.startswith("tcp 127.0.0.1:80 and 127.0.0.1:1099")


def test_a_pair_that_was_used_again_counts_once() -> None:
    old = made(first_seen=NOON - 90 * NS_IN_S, state="CLOSED", present=False)
    assert compare([made(), old], [socket_of()], AT_NOON) == []
    assert only(compare([made(), old], [OURS], AT_NOON)).cause is None


def test_what_came_from_the_kernel_proves_nothing() -> None:
    seeded = made(notes=NOTE_SEEDED, local_packets=0, foreign_packets=0)
    assert only_listening(compare([seeded], [OURS], AT_NOON))
    assert only(compare([seeded], [socket_of()], AT_NOON)).cause == INTERFACE


RAW_SOCKET = RawSocket("raw", "6", 66, "speaker", "raw.txt, line 2")
SNIFFER = RawSocket("packet", "", 67, "tcpdump", "raw.txt, line 3")
OWN_PAIR = ("tcp", "192.168.1.5", 1099, "192.168.1.7", 80)
KERNELS = socket_of(local_port=1100)


@pytest.mark.parametrize(
    ("sockets", "offer", "cause"),
    [
        ([RAW_SOCKET], False, RAW),
        ([RAW_SOCKET], True, None),
        ([SNIFFER], False, None),
        ([SNIFFER, RAW_SOCKET], False, RAW),
        ([RAW_SOCKET._replace(protocol="1")], False, None),
        ([SNIFFER._replace(program=None, pid=None)], False, RAW),
        ([SNIFFER._replace(program="x", protocol="2054")], False, None),
        ([RAW_SOCKET._replace(pid=1)], False, None),
        ([], False, None),
    ],
)
def test_a_raw_socket_and_a_syn_that_is_no_kernels(
    sockets: list[RawSocket], offer: bool, cause: str | None
) -> None:
    told = {OWN_PAIR: offer, KERNELS.pair(): True}
    known = AT_NOON._replace(raw=sockets, offers=lambda: told, own=frozenset({1}))
    used = made(local_port=1100)
    assert only(compare([made(), used], [OURS, KERNELS], known)).cause == cause


def test_where_the_kernels_own_syns_differ_they_tell_nothing() -> None:
    other = socket_of(local_port=1101)
    told = {OWN_PAIR: False, KERNELS.pair(): True, other.pair(): False}
    known = AT_NOON._replace(raw=[RAW_SOCKET], offers=lambda: told)
    used = [made(local_port=1100), made(local_port=1101)]
    assert only(compare([made(), *used], [OURS, KERNELS, other], known)).cause is None


TRACKED = ("192.168.1.5", 1099, "192.168.1.7", 80)


def test_the_firewall_that_saw_a_reset() -> None:
    entry = Tracked("tcp", TRACKED, TRACKED[2:] + TRACKED[:2], "CLOSE", "conntrack, line 1")
    assert why(AT_NOON._replace(raw=[RAW_SOCKET], tracked=[entry])) == RAW
    still = entry._replace(state="ESTABLISHED")
    assert why(AT_NOON._replace(raw=[RAW_SOCKET], tracked=[still])) is None
    evidence = only(compare([made()], [OURS], AT_NOON._replace(tracked=[still]))).evidence
    assert "the firewall tracks it (conntrack, line 1)" in evidence


def test_a_port_that_is_redirected_is_translated_on_both_sides() -> None:
    """As REDIRECT does: port 80 of this host is 8080 to its kernel."""
    hers = made(opened_by="foreign", local_port=80, foreign_port=50000)
    his = socket_of(local_port=8080, foreign_port=50000)
    entry = Tracked(
        "tcp",
        ("192.168.1.7", 50000, "192.168.1.5", 80),
        ("192.168.1.5", 8080, "192.168.1.7", 50000),
        "ESTABLISHED",
        "conntrack, line 1",
    )
    found = compare([hers], [his], AT_NOON._replace(tracked=[entry]))
    assert [(each.kind, each.cause) for each in found] == [
        (UNSEEN, TRANSLATED),
        (HIDDEN, TRANSLATED),
    ]


def test_the_same_octets_to_the_same_server_are_no_translation() -> None:
    """Two clients ask for the same page at the same time: they have ports of their own."""
    another = made(local_address="192.168.1.9", local_port=2000)
    found = compare([made(), another], [OURS], AT_NOON)
    assert {each.subject.local_port: each.cause for each in found if each.subject} == {
        1099: None,
        2000: OTHERS,
    }
    behind = made(local_address="10.9.0.2")
    found = compare([made(), behind], [OURS], AT_NOON)
    assert {each.cause for each in found} == {TRANSLATED, LISTENING}


def test_many_alike_cost_no_more_than_each() -> None:
    """Ten thousand connections that nothing explains, with the same octets at the same end."""
    crowd = [
        made(local_port=1 + number, foreign_address="10.0.0.1", opened_by="foreign")
        for number in range(10_000)
    ]
    found = compare(crowd, [OURS._replace(local_port=60_000)], AT_NOON)
    assert sum(each.cause is None for each in found) == 10_000


def test_a_capture_with_holes_may_lack_the_end() -> None:
    holes = AT_NOON._replace(partial="12 frames dropped")
    assert why(holes) == PARTIAL
    assert why(holes, last_seen=NOON - NS_IN_S) is None


def test_states_that_differ_are_told_as_such() -> None:
    closed = socket_of(state=State.CLOSE_WAIT)
    found = only(compare([made()], [closed], AT_NOON))
    assert (found.kind, found.cause) == (DIFFERENT, STATES)
    assert "ESTABLISHED on the wire, CLOSE_WAIT in the table" in found.text
    found = only(compare([made(last_seen=NOON - NS_IN_S)], [closed], AT_NOON))
    assert (found.kind, found.cause) == (DIFFERENT, BETWEEN)
    ended = made(state="CLOSED", present=False)
    assert only(compare([ended], [socket_of()], AT_NOON)).cause == STATES


# --- what the table has and the wire does not ---------------------------------------------------


def unseen(known: Known = AT_NOON, **fields: Any) -> str | None:
    """Return why the wire, which has another connection, lacks the socket with these fields."""
    other = made(local_port=5)
    mismatch = only(compare([other], [socket_of(local_port=5), socket_of(**fields)], known))
    assert mismatch.kind == UNSEEN
    return mismatch.cause


def test_what_says_nothing_is_idle() -> None:
    for state in (State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_2):
        assert unseen(state=state) == IDLE


@pytest.mark.parametrize(
    ("state", "seconds"),
    [
        (State.SYN_RECEIVED, 130),
        (State.FIN_WAIT_1, 130),
        (State.CLOSING, 130),
        (State.LAST_ACK, 130),
        (State.TIME_WAIT, 310),
    ],
)
def test_what_cannot_last_must_have_been_on_the_wire(state: State, seconds: int) -> None:
    """TCP_RTO_MAX of Linux is 120 s, TcpTimedWaitDelay of Windows at most 300 s."""
    for more, cause in ((-1, IDLE), (+1, None)):
        began = NOON - TOLERANCE - (seconds + more) * NS_IN_S
        assert unseen(AT_NOON._replace(began=began), state=state) == cause
    assert unseen(AT_NOON._replace(began=0), state=state) == IDLE


def test_what_is_not_acknowledged_is_sent_again() -> None:
    known = AT_NOON._replace(unsent=frozenset({OWN_PAIR}))
    assert unseen(known) is None
    assert unseen(known._replace(began=NOON - 60 * NS_IN_S)) == IDLE


def test_what_was_heard_while_it_was_captured_is_missing() -> None:
    known = AT_NOON._replace(heard={OWN_PAIR: 60 * NS_IN_S})
    assert unseen(known) is None
    assert unseen(known._replace(began=NOON - 50 * NS_IN_S)) == IDLE
    assert unseen(known._replace(partial="not port 80")) == PARTIAL
    ended = known._replace(ended=NOON - 90 * NS_IN_S)
    assert unseen(ended) == BETWEEN


def test_another_interface() -> None:
    watched = AT_NOON._replace(watched=frozenset({"192.168.1.5"}))
    assert unseen(watched, local_address="10.9.0.1") == INTERFACE
    assert unseen(AT_NOON, local_address="10.9.0.1") == INTERFACE
    assert unseen(watched) == IDLE


# --- this host ----------------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[KernelSocket]]:
    """What the kernel says, look by look; the last is said again and again."""
    answers: list[list[KernelSocket]] = []

    def sockets(programs: bool) -> list[KernelSocket]:
        assert programs
        return answers.pop(0) if len(answers) > 1 else answers[0]

    monkeypatch.setattr(host, "sockets", sockets)
    return answers


def now(**fields: Any) -> Any:
    """Return what looks at a wire with one connection that has been used for long."""
    return lambda: [
        made(
            first_seen=time.time_ns() - 60 * NS_IN_S,
            last_seen=time.time_ns() - 9 * NS_IN_S,
            **fields,
        )
    ]


def look(asked_twice: list[float], **fields: Any) -> list[Mismatch]:
    return against_live.look(
        now(**fields), Known(addresses=frozenset({"192.168.1.5"})), asked_twice.append
    )


def test_what_is_gone_at_the_second_look_is_benign(asked: list[list[KernelSocket]]) -> None:
    asked += [[OURS], [OURS, socket_of()]]
    waited: list[float] = []
    found = only(look(waited))
    assert (found.kind, found.cause) == (HIDDEN, BETWEEN)
    assert waited == [1.0]


def test_what_is_hidden_twice_is_the_finding(asked: list[list[KernelSocket]]) -> None:
    asked += [[OURS]]
    waited: list[float] = []
    found = only(look(waited))
    assert (found.kind, found.cause) == (HIDDEN, None)
    assert waited == [1.0]


def test_one_look_is_enough_where_nothing_is_wrong(asked: list[list[KernelSocket]]) -> None:
    asked += [[OURS, socket_of()]]
    waited: list[float] = []
    assert only_listening(look(waited))
    assert not waited


def test_a_real_host_is_looked_at(tmp_path: Path) -> None:
    """Within its namespace, with a raw socket, translated traffic and ordinary connections."""
    pytest.importorskip("psutil", reason="the host's own view comes from psutil")
    skip_unless_playable()
    with played.staged(tmp_path) as stage:
        stage.capture(stage.host, "eth0", "eth0")
        stage.pair(stage.host, stage.peer, played.PEER, 443, own=5001)
        stage.pair(stage.peer, stage.host, played.HOST, 22, own=5003)
        stage.pair(stage.inner, stage.peer, played.PEER, played.WEB, own=played.MASQUERADED)
        stage.peer.listener(played.PEER, 7778)
        stage.host.speak("talk", played.HOST, str(played.RAW_PORT), played.PEER, "7778")
        time.sleep(2)
        script = Path(__file__).with_name("audit_live_look.py")
        words = ["env", f"PYTHONPATH={':'.join(filter(None, sys.path))}", sys.executable]
        printed = stage.host.run(*words, str(script), str(tmp_path / "eth0.pcap"))
    found = [line.split("\t") for line in printed.splitlines()]
    assert {(cause, text.partition(",")[0]) for kind, cause, text in found if kind == HIDDEN} == {
        (RAW, "tcp 192.168.1.5:7777 and 192.168.1.7:7778"),
        (TRANSLATED, "tcp 192.168.1.5:4000 and 192.168.1.7:80"),
    }
    assert {cause for kind, cause, _ in found if kind != HIDDEN} == {LISTENING}


def test_what_only_netlink_lists_is_hidden_in_proc(
    asked: list[list[KernelSocket]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(against_live, "diag_pairs", lambda: frozenset({OWN_PAIR}))
    asked += [[OURS]]
    found = only(look([]))
    assert found.cause is None
    assert "netlink (ss) lists it, /proc/net does not" in found.evidence


def test_netlink_lists_what_proc_does() -> None:
    """Both families; IPv4 carried by a socket of IPv6 is IPv4."""
    pytest.importorskip("psutil", reason="the host's own view comes from psutil")
    with (
        socket.create_server(("::1", 0), family=socket.AF_INET6) as listener6,
        socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True) as both,
        socket.create_connection(listener6.getsockname()[:2]) as near6,
        socket.create_connection(("127.0.0.1", both.getsockname()[1])) as near4,
    ):
        pairs = diag_pairs()
        if pairs is None:
            pytest.skip("this kernel does not answer sock_diag(7)")
        for near in (near6, near4):
            mine, theirs = near.getsockname()[:2], near.getpeername()[:2]
            expected = {("tcp", *mine, *theirs), ("tcp", *theirs, *mine)}
            assert expected <= pairs
            assert expected <= {each.pair() for each in host.sockets(programs=False)}


def test_what_to_look_at_next_is_told_of_findings_only() -> None:
    finding = only(compare([made()], [OURS], AT_NOON))
    assert "192.168.1.7:80" in look_next(finding)[0]
    assert look_next(finding._replace(cause=RAW)) == []
    lied_to = AT_NOON._replace(heard={OWN_PAIR: NS_IN_S})
    other = made(local_port=5)
    (unseen_,) = [
        each
        for each in compare([other], [socket_of(local_port=5), socket_of()], lied_to)
        if each.kind == UNSEEN
    ]
    assert "filtered" in look_next(unseen_)[0]


def test_raw_sockets_of_this_host_have_owners() -> None:
    try:
        made_here = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    except (PermissionError, OSError) as error:
        pytest.skip(f"raw sockets need root: {error}")
    with made_here:
        found = against_live.raw_sockets()
    assert ("raw", "6", os.getpid()) in {(each.kind, each.protocol, each.pid) for each in found}


def test_sockets_of_other_namespaces_are_found(tmp_path: Path) -> None:
    """A connection inside another namespace is in its table, and names a process there."""
    skip_unless_playable()
    with played.staged(tmp_path) as stage:
        stage.host.speak("flood", played.HOST, "1", played.PEER, "10")  # a process inside
        stage.pair(stage.host, stage.peer, played.PEER, 443, own=5001)
        sockets = [each for some in against_live.namespaces().values() for each in some]
        ends = {(each.local_port, each.foreign_address, each.foreign_port) for each in sockets}
    assert (5001, played.PEER, 443) in ends
