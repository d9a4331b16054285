"""An ordinary day gives no finding; what is not ordinary is found, with its reasons and no other.

What happens on each day is described in `pcaps/README.md`; `pcaps/scenarios_audit.py` plays it.
"""

import io
import json
import re
from argparse import Namespace
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from audit_days import CLIENT, audited, heard, normal
from captures import CHECKOUT, PCAPS, run

from tracker.audit.command import audit
from tracker.audit.finding import KINDS
from tracker.audit.findings import FTP_DATA
from tracker.audit.run import UNEXPLAINED
from tracker.errors import UserError

ELSEWHERE = "203.0.113.66"

#: Capture; the doubts; the peer; how many connections.
FOUND = {
    "audit-reverse-shell": ({"no-lookup", "new-peer"}, ELSEWHERE, 1),
    "audit-beacon": ({"no-lookup", "new-peer", "beats"}, ELSEWHERE, 10),
    "audit-listener": ({"undeclared-port", "new-peer"}, ELSEWHERE, 1),
    "audit-bare-https": ({"no-lookup", "new-peer"}, ELSEWHERE, 1),
    "audit-ssh-on-443": ({"wrong-protocol"}, "198.51.100.20", 1),
    "audit-half-open": ({"half-open-pile"}, "203.0.113.100", 40),
    "audit-scan": ({"scan"}, ELSEWHERE, 40),
}


@pytest.mark.parametrize("name", ["audit-day", "audit-other-day"])
def test_an_ordinary_day_gives_no_finding(name: str) -> None:
    known = {"audit-day": "audit-other-day", "audit-other-day": "audit-day"}[name]
    audit, findings = audited(PCAPS / f"{name}.pcap", normal(known))
    assert findings == []
    assert (
        sum(audit.explained.values())
        == audit.connections
        == len(heard(PCAPS / f"{name}.pcap").subjects)
    )


@pytest.mark.parametrize("name", FOUND)
def test_what_is_not_ordinary_is_found_for_the_right_reasons(name: str) -> None:
    kinds, peer, connections = FOUND[name]
    _, (finding,) = audited(PCAPS / f"{name}.pcap", normal("audit-day", "audit-other-day"))
    assert {doubt.kind for doubt in finding.doubts} == kinds
    assert len(finding.doubts) == len(kinds)
    assert finding.subject.foreign_address == peer
    assert finding.connections == connections
    assert finding.explanation is None
    assert all(doubt.text and doubt.evidence for doubt in finding.doubts)
    assert finding.look


def test_data_connections_of_ftp_are_part_of_another_conversation() -> None:
    """One that PASV announced, and one that PORT did."""
    found, _ = audited(PCAPS / "audit-day.pcap", normal("audit-day"))
    assert found.explained[FTP_DATA] == 2


def test_the_beacon_has_its_period_and_its_jitter() -> None:
    """Every 30 s, each up to 5 s earlier or later: so two are up to 10 s nearer or farther."""
    _, (finding,) = audited(PCAPS / "audit-beacon.pcap", normal("audit-day"))
    (beats,) = [doubt for doubt in finding.doubts if doubt.kind == "beats"]
    found = re.search(r"every ([\d.]+) s, jitter up to ([\d.]+) s", beats.text)
    assert found is not None
    assert float(found[1]) == pytest.approx(30, abs=2)
    assert 0 < float(found[2]) <= 12


def test_the_name_in_the_hello_is_no_lookup() -> None:
    _, (finding,) = audited(PCAPS / "audit-bare-https.pcap", normal("audit-day"))
    assert finding.subject.name is not None
    assert finding.subject.name.text == "static.example.org"
    assert not finding.subject.asked
    assert any("static.example.org" in doubt.evidence for doubt in finding.doubts)


def test_what_ports_are_spoken_with() -> None:
    """What the scenario says is TLS, HTTP, SMTP, SSH, NTP, FTP and DNS is heard to be that."""
    day = heard(PCAPS / "audit-day.pcap")
    spoken = {subject.service: subject.foreign_speaks for subject, _ in day.subjects}
    assert spoken["https"] == "tls"
    assert spoken["http"] == "http"
    assert spoken["submission"] == "smtp"
    assert spoken["ssh"] == "ssh"
    assert spoken["ntp"] == "ntp"
    assert spoken["ftp"] == "ftp"
    assert spoken["domain"] == "dns"


def test_who_asked_for_a_name_before_it_connected() -> None:
    """The scenario asks for all but the name server, the data connections, and who comes in."""
    for subject, _ in heard(PCAPS / "audit-day.pcap").subjects:
        asked = subject.opened_by == "local" and subject.service not in ("domain", None)
        if subject.foreign_address == "192.168.1.7" and subject.service != "ftp":
            continue  # asked for by its name from then on, for whatever it serves
        assert subject.asked == asked, subject


# --- the command --------------------------------------------------------------------------------


def options(*files: str | Path, **others: Any) -> Namespace:
    """Return the options of the command."""
    known: dict[str, Any] = {
        "files": list(map(str, files)),
        "interface": None,
        "duration": None,
        "policy": None,
        "fail": False,
        "kernel": None,
        "kernel_at": None,
        "kernel_other": [],
        "local": [CLIENT],
        "host": None,
        "numeric": False,
        "json": False,
        "config": None,
        "profile": None,
    }
    return Namespace(**known | others)


def test_a_finding_is_a_block_of_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(options(PCAPS / "audit-bare-https.pcap")) == 0
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert lines[0] == "Unexplained Connections"
    assert lines[2].startswith(f"1  TCP {CLIENT}:44003 -> {ELSEWHERE}:443 (https)")
    assert max(map(len, lines)) <= 80
    assert "in 1 finding" in told.err


def test_json_has_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    audit(options(PCAPS / "audit-scan.pcap", json=True))
    (record,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert record["doubts"][0]["kind"] == "scan"
    assert record["foreign_address"] == ELSEWHERE
    assert record["connections"] == 40
    assert record["explanation"] is None
    assert len(record["pairs"]) == 40
    assert record["look"]


def test_fail_tells_by_the_exit_status() -> None:
    assert audit(options(PCAPS / "audit-scan.pcap", fail=True)) == UNEXPLAINED == 3


def test_numbers_only(capsys: pytest.CaptureFixture[str]) -> None:
    audit(options(PCAPS / "audit-bare-https.pcap", numeric=True))
    head = capsys.readouterr().out.splitlines()[2]
    assert "https" not in head


# --- the wire against what the kernel said ------------------------------------------------------


#: The day takes less than a second; what is still open then is open later, too.
LATER = "+20"


def saved_table(folder: Path, *left_out: str) -> Path:
    """Save what the client's kernel said at the end of the day, as `ss` prints it."""
    lines = (PCAPS / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    (snapshot,) = [
        said
        for said in map(json.loads, lines)
        if said["capture"] == "audit-day.pcap" and said["host"] == "client"
    ]
    path = folder / "ss.txt"
    rows = ["Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process"]
    rows += [
        f"{each['proto']} {each['state']} 0 0 {each['local']} {each['foreign']}"
        for each in snapshot["sockets"]
        if each["local"] not in left_out
    ]
    path.write_text("\n".join(rows) + "\n")
    return path


def test_the_kernel_admits_all_that_is_on_the_wire(tmp_path: Path) -> None:
    path = saved_table(tmp_path)
    chosen = options(PCAPS / "audit-day.pcap", kernel=[str(path)], kernel_at=LATER, json=True)
    with redirect_stdout(io.StringIO()) as told:
        audit(chosen)
    records = [json.loads(line) for line in told.getvalue().splitlines()]
    differences = [record["cause"] for record in records if "kernel" in record]
    assert differences
    assert all(differences)


def test_a_socket_that_is_taken_out_of_the_table_is_found(tmp_path: Path) -> None:
    """TLS with the web site, the second port of the day."""
    path = saved_table(tmp_path, f"{CLIENT}:40002")
    chosen = options(
        PCAPS / "audit-day.pcap", kernel=[str(path)], kernel_at=LATER, json=True, fail=True
    )
    with redirect_stdout(io.StringIO()) as told:
        assert audit(chosen) == UNEXPLAINED
    records = [json.loads(line) for line in told.getvalue().splitlines()]
    (hidden,) = [each for each in records if "kernel" in each and each["cause"] is None]
    assert hidden["kernel"] == "on the wire, not in the kernel's table"
    assert (hidden["local_port"], hidden["foreign_port"]) == (40002, 443)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"files": []}, "name a capture"),
        ({"interface": "lo"}, "-i watches an interface"),
        ({"kernel": [""]}, "name a saved table"),
        ({"kernel_at": "+1"}, "go with the table"),
        ({"files": ["-"], "kernel": ["x"]}, "reads the capture twice"),
        ({"host": "192.168.1.5"}, "--as and --local"),
    ],
)
def test_wrong_uses_are_told(
    wrong: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = (PCAPS / "audit-day.pcap").read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(capture)))
    with pytest.raises(UserError, match=re.escape(words)):
        audit(options(**{"files": [str(PCAPS / "audit-day.pcap")], **wrong}))


# --- the page -----------------------------------------------------------------------------------

PAGE = (CHECKOUT / "docs" / "audit.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```console\n\$ tracker (.*)\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example[0]))
def test_the_page_shows_what_is_printed(example: tuple[str, str]) -> None:
    """On stdout; whose table it is, and what explains the others, goes to stderr."""
    command, printed = example
    assert run(*command.split(), cwd=CHECKOUT).stdout == printed


def test_the_page_names_all_doubts() -> None:
    assert set(re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE)) == set(KINDS)
