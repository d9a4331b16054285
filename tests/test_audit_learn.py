"""What is learned from a day: it explains that day, and nothing wider than it says."""

import re
from pathlib import Path

import pytest
from audit_subjects import NOON, made
from captures import PCAPS, run_here
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker.audit.learned import Learner, Use, reason_against
from tracker.audit.learned_text import opened_wide, policy_lines
from tracker.audit.policy import Policy
from tracker.audit.policy_file import load_policy
from tracker.audit.subject import Subject
from tracker.audit.wider import LEAST, MANY, generalized
from tracker.config import Config
from tracker.names.name import Name
from tracker.names.services import load_services

SERVICES = load_services()
CONFIG = Config()


def written(known: list[Subject]) -> tuple[Learner, str]:
    """Return what learned from subjects, and the policy that it writes."""
    learner = Learner(CONFIG)
    for subject in known:
        learner.add(subject)
    learner.finish()
    return learner, "\n".join(policy_lines(learner, SERVICES, CONFIG, "a test\n"))


def learned(known: list[Subject], tmp_path: Path, config: Config = CONFIG) -> Policy:
    """Return the policy that is learned from subjects, written and read again."""
    path = tmp_path / "learned.yaml"
    path.write_text(written(known)[1], encoding="utf-8")
    return load_policy(str(path), config, SERVICES)


# Among them are what YAML takes for something else, what a policy does, and what is a name on the
# wire but none in a policy.
NAMES = st.sampled_from(
    [
        *("www.example.org", "a.example.org", "b.example.org", "mail.example.com"),
        *("any", "private", "groups", "no", "null", "1_000", "1e5", "0x1f.example", "a-", "-a.b"),
        *("learned", "_dmarc.example.org", "4.example.org", "2026-01-01.x", "1.5e3"),
    ]
)
ADDRESSES = st.sampled_from(
    [
        *("192.168.1.7", "203.0.113.5", "203.0.113.6", "203.0.113.7", "198.51.100.9"),
        *("2001:db8::7", "::1", "fe80::1", "224.0.0.251", "192.168.1.255"),
    ]
)
PORTS = st.sampled_from([22, 53, 80, 81, 82, 443, 1900, 5353, 40000, 50001])


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    """Return a subject of an ordinary connection."""
    proto = draw(st.sampled_from(["tcp", "udp"]))
    name = draw(st.none() | NAMES)
    return made(
        proto=proto,
        local_address=draw(st.sampled_from(["192.168.1.5", "192.168.1.6", "fd00::5"])),
        foreign_address=draw(ADDRESSES),
        local_port=draw(PORTS),
        foreign_port=draw(PORTS),
        opened_by=draw(st.sampled_from(["local", "foreign"])),
        name=None if name is None else Name(name, "dns", 3),
        asked=name is not None and draw(st.booleans()),
        pseudo_state=None if proto == "tcp" else "replied",
    )


FRESH = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


@FRESH
@given(known=st.lists(subjects(), min_size=1, max_size=16))
def test_what_was_learned_from_is_explained(known: list[Subject], tmp_path: Path) -> None:
    rules = learned(known, tmp_path)
    assert rules.learned
    for subject in known:
        assert rules.explains(subject) is not None
        assert rules.knows(subject)


@FRESH
@given(known=st.lists(subjects(), min_size=1, max_size=8), other=subjects())
def test_nothing_wider_is_explained(known: list[Subject], other: Subject, tmp_path: Path) -> None:
    """What is explained was seen: that host, service and side, with that peer or LEAST like it."""
    if learned(known, tmp_path).explains(other) is None:
        return
    alike = [each for each in known if _services(each) & _services(other)]
    assert alike
    same = {each for each in alike if each.foreign_address == other.foreign_address}
    named = {each for each in alike if other.asked and each.asked and _text(each) == _text(other)}
    if not same and not named:
        assert len({_text(each) for each in alike}) >= LEAST


def _text(subject: Subject) -> str:
    if subject.asked and subject.name is not None:
        return subject.name.text
    return subject.foreign_address


def _services(subject: Subject) -> set[tuple[str, str, str, int]]:
    """Return host, side, protocol and port; an answer from a port of discovery is of that, too."""
    host, side, proto = subject.local_address, subject.opened_by, subject.proto
    found = {(host, side, proto, subject.foreign_port if side == "local" else subject.local_port)}
    if proto == "udp" and subject.foreign_port in (1900, 5353) and subject.local_port >= 1024:
        return found | {(host, "with", proto, subject.foreign_port)}
    if found & {(host, side, "udp", 1900), (host, side, "udp", 5353)}:
        found.add((host, "with", proto, found.pop()[3]))
    return found


@pytest.mark.parametrize("name", ["any", "private", "groups"])
def test_a_name_that_means_everybody_is_not_learned(name: str, tmp_path: Path) -> None:
    """Anybody may ask for the name "any" (LLMNR): that must not allow everything."""
    known = made(name=Name(name, "llmnr", 3), asked=True)
    rules = learned([known], tmp_path)
    assert rules.explains(known) is not None
    assert rules.explains(made(foreign_address="203.0.113.99")) is None
    assert rules.explains(made(foreign_address="192.168.1.99")) is None


def test_a_name_of_the_settings_is_learned_as_the_address() -> None:
    """There it stands for the addresses that the settings give."""
    config = CONFIG._replace(hosts={"nas": ("192.168.1.9",)})
    learner = Learner(config)
    learner.add(made(name=Name("nas", "dns", 3), asked=True))
    assert list(learner.seen[Use("local", "tcp", 80)]) == ["192.168.1.7"]


#: Peers, and what stands for them.
WIDER: list[tuple[list[str], list[str]]] = [
    (["a.example.org", "b.example.org"], ["a.example.org", "b.example.org"]),
    (["a.example.org", "b.example.org", "c.example.org"], ["*.example.org"]),
    (
        ["a.example.org", "b.example.org", "c.example.com"],
        ["a.example.org", "b.example.org", "c.example.com"],
    ),
    # Below a domain of a country anybody may have a name.
    (["a.co.uk", "b.co.uk", "c.co.uk"], ["a.co.uk", "b.co.uk", "c.co.uk"]),
    (["www.a.co.uk", "ftp.a.co.uk", "ns.a.co.uk"], ["*.a.co.uk"]),
    (["a.org", "b.org", "c.org"], ["a.org", "b.org", "c.org"]),
    (["203.0.113.5", "203.0.113.6"], ["203.0.113.5", "203.0.113.6"]),
    (["203.0.113.5", "203.0.113.6", "203.0.113.9"], ["203.0.113.0/24"]),
    (["203.0.113.5", "203.0.112.6", "203.0.111.9"], ["203.0.111.9", "203.0.112.6", "203.0.113.5"]),
    (["2001:db8::1", "2001:db8::2", "2001:db8::3"], ["2001:db8::/64"]),
    # Below these anybody may have a host (publicsuffix.org).
    (
        [f"{each}.cloudfront.net" for each in "abc"],
        ["a.cloudfront.net", "b.cloudfront.net", "c.cloudfront.net"],
    ),
    (
        [f"{each}.s3.amazonaws.com" for each in "abc"],
        ["a.s3.amazonaws.com", "b.s3.amazonaws.com", "c.s3.amazonaws.com"],
    ),
    (["a.lan", "b.lan", "c.lan"], ["a.lan", "b.lan", "c.lan"]),
    (["224.0.0.1", "224.0.0.2", "224.0.0.251"], ["224.0.0.1", "224.0.0.2", "224.0.0.251"]),
]


@pytest.mark.parametrize(("peers", "wider"), WIDER)
def test_peers_are_put_together_as_told(peers: list[str], wider: list[str]) -> None:
    assert generalized(peers) == wider


#: What is not learned from, by Zeek's letters.
NOT_NORMAL = [
    (made(history="S"), "unanswered"),
    (made(history="Sr"), "refused"),
    (made(history="Sh"), "half open"),
    (made(history="Ad", basis="service-port"), "older than the capture"),
    (made(proto="udp", history="D", pseudo_state="unreplied"), "unanswered"),
    (made(proto="udp", history="D", pseudo_state="refused"), "refused"),
]


@pytest.mark.parametrize(("subject", "reason"), NOT_NORMAL)
def test_what_is_not_normal_is_left_out(subject: Subject, reason: str, tmp_path: Path) -> None:
    assert reason_against(subject) == reason
    assert learned([subject], tmp_path).explains(subject) is None


def test_announcements_to_a_group_need_no_answer() -> None:
    announced = made(
        proto="udp", foreign_address="224.0.0.251", history="D", pseudo_state="unreplied"
    )
    assert reason_against(announced) is None


def test_announcements_to_a_whole_network_need_no_answer() -> None:
    """As NetBIOS makes them (RFC 1002 section 4.2.2); one host of another network has to answer."""
    announced = made(proto="udp", history="D", pseudo_state="unreplied")
    assert reason_against(announced._replace(foreign_address="192.168.1.255")) is None
    assert reason_against(announced._replace(foreign_address="192.168.3.255")) is None
    assert reason_against(announced._replace(foreign_address="203.0.113.255")) == "unanswered"
    assert reason_against(made(history="S", foreign_address="192.168.1.255")) == "unanswered"


def test_answers_of_discovery_are_learned_as_what_was_asked(tmp_path: Path) -> None:
    """A printer answers from port 1900 to whatever port asked: another one on another day."""
    answer = made(
        proto="udp",
        opened_by="foreign",
        foreign_port=1900,
        local_port=40000,
        pseudo_state="replied",
    )
    rules = learned([answer], tmp_path)
    assert rules.explains(answer._replace(local_port=51234)) is not None
    assert rules.explains(answer._replace(local_port=161)) is None
    assert rules.explains(answer._replace(foreign_port=1901)) is None
    assert rules.explains(answer._replace(proto="tcp", pseudo_state=None)) is None


def guests(count: int, address: str) -> list[Subject]:
    """Return connections to a service of this host, from as many networks."""
    return [
        made(opened_by="foreign", local_port=443, foreign_address=address.format(number))
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("address", "who"), [("10.1.{}.7", "private"), ("11.1.{}.7", "any"), ("2002:{}::7", "any")]
)
def test_a_service_that_many_use_is_for_all_of_them(address: str, who: str) -> None:
    for count in (MANY - 1, MANY):
        learner, text = written(guests(count, address))
        assert (f"  - from: [{who}]\n" in text) is (count == MANY)
        assert len(list(opened_wide(learner, CONFIG))) == (count == MANY)
    # To whom this host connects, however many they are, is never widened so.
    others = [each._replace(opened_by="local") for each in guests(MANY, address)]
    assert who not in written(others)[1]


def test_services_with_the_same_peers_share_a_rule() -> None:
    _, text = written([made(foreign_port=port) for port in (22, 80, 81, 82)])
    assert text.count("- to:") == 1
    assert "services: [tcp/22, tcp/80-82]" in text


def test_each_rule_tells_its_evidence() -> None:
    noon = made(first_seen=NOON, last_seen=NOON + 2_000_000_000, frame=7)
    _, text = written([made(first_seen=NOON + 1, last_seen=NOON + 1, frame=9), noon])
    assert "# http: 2 connections, 2026-01-01T12:00:00 to 2026-01-01T12:00:02 UTC\n" in text
    assert "# such as 192.168.1.5:1099 to 192.168.1.7:80, frame 7\n" in text
    assert "frame" not in written([made(frame=0)])[1]


def test_long_lists_stand_below_each_other(tmp_path: Path) -> None:
    known = [made(foreign_address=f"10.{number}.0.1") for number in range(40)]
    _, text = written(known)
    assert max(map(len, text.split("\n"))) <= 100
    assert all(map(learned(known, tmp_path).explains, known))


def test_a_scan_is_not_learned() -> None:
    """Twenty ports, of which two listen: those two connections neither."""
    learner = Learner(CONFIG)
    for port in range(20):
        history = "ShA" if port < 2 else "Sr"
        learner.add(
            made(foreign_port=1 + port, history=history, local_payload=0, foreign_payload=0)
        )
    learner.finish()
    assert learner.learned == 0
    assert learner.left_out == {"refused": 18, "part of a scan": 2}


def test_what_a_scanner_says_to_what_it_found_is_not_learned() -> None:
    """It asks an open port for its version; but what it did for long is no part of the scan."""
    scan = [made(foreign_port=port, history="Sr", local_payload=0) for port in range(1, 20)]
    scan = [each._replace(foreign_payload=0) for each in scan]
    asked, worked = made(foreign_port=22), made(foreign_port=2049, local_payload=100_000)
    asked = asked._replace(last_seen=asked.first_seen)
    learner, _ = written([*scan, asked, worked])
    assert learner.left_out == {"refused": 19, "part of a scan": 1}
    assert [use.port for use, peers in learner.seen.items() if peers] == [2049]


def test_attempts_to_names_that_were_asked_for_are_no_scan() -> None:
    """As browsers open connections that they may need; `audit` takes none of them for a scan."""
    known = [
        made(
            foreign_address=f"203.0.113.{number}",
            name=Name(f"w{number}.example.org", "dns", 3),
            asked=True,
            history="Sr" if number % 3 else "ShA",
            local_payload=0,
            foreign_payload=0,
        )
        for number in range(30)
    ]
    assert written(known)[0].learned == 10


# --- the command ----------------------------------------------------------------------------------


def test_one_day_explains_the_other(tmp_path: Path) -> None:
    """Days of one host (pcaps/README.md): no false finding."""
    path = tmp_path / "policy.yaml"
    day, other = PCAPS / "audit-day.pcap", PCAPS / "audit-other-day.pcap"
    outcome = run_here("learn", day, "--local", "192.168.1.5", "-o", path)
    assert outcome.status == 0
    assert re.search(r"learned from \d+ connections", outcome.stderr)
    for capture in (day, other):
        outcome = run_here("audit", capture, "--local", "192.168.1.5", "--policy", path, "--fail")
        assert (outcome.status, outcome.stdout) == (0, "")


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("reverse-shell", {"no-lookup", "new-peer"}),
        ("beacon", {"no-lookup", "new-peer", "beats"}),
        ("listener", {"undeclared-port", "new-peer"}),
        ("bare-https", {"no-lookup", "new-peer"}),
        ("ssh-on-443", {"wrong-protocol"}),
        ("half-open", {"half-open-pile"}),
        ("scan", {"scan"}),
    ],
)
def test_what_is_not_ordinary_is_found(name: str, kinds: set[str], tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    days = [PCAPS / "audit-day.pcap", PCAPS / "audit-other-day.pcap"]
    assert run_here("learn", *days, "--local", "192.168.1.5", "-o", path).status == 0
    outcome = run_here(
        "audit",
        PCAPS / f"audit-{name}.pcap",
        *("--local", "192.168.1.5", "--policy", path, "--json", "--fail"),
    )
    assert outcome.status == 3
    (finding,) = outcome.rows
    assert {doubt["kind"] for doubt in finding["doubts"]} == kinds


def test_nothing_to_learn_from_is_said() -> None:
    outcome = run_here("learn", PCAPS / "refused.pcap")
    assert outcome.status == 1
    assert "learned from 0 connections" in outcome.stderr
    assert "not learned: 1 connection, refused" in outcome.stderr


def test_wrong_use_is_told() -> None:
    assert run_here("learn").status == 2
    outcome = run_here("learn", PCAPS / "audit-day.pcap", "-o", "/no/such/folder/policy.yaml")
    assert outcome.status == 2
    assert outcome.stderr.count("\n") == 2  # whose it is, and what is wrong


def test_a_capture_is_not_written_over(tmp_path: Path) -> None:
    capture = tmp_path / "day.pcap"
    capture.write_bytes((PCAPS / "audit-day.pcap").read_bytes())
    before = capture.read_bytes()
    outcome = run_here("learn", capture, "-o", f"{tmp_path}/./day.pcap")
    assert outcome.status == 2
    assert "is one of the captures" in outcome.stderr
    assert capture.read_bytes() == before


def test_a_policy_is_replaced_where_there_is_another(tmp_path: Path) -> None:
    """But kept where there is nothing to read."""
    path = tmp_path / "policy.yaml"
    path.write_text("rules: [] # " + "x" * 100_000, encoding="utf-8")
    assert run_here("learn", tmp_path / "no.pcap", "-o", path).status == 2
    assert path.stat().st_size > 100_000
    assert run_here("learn", PCAPS / "audit-day.pcap", "-o", path).status == 0
    assert path.read_text(encoding="utf-8").startswith("# Learned by tracker from audit-day.pcap:")
    assert load_policy(str(path), CONFIG, SERVICES).rules
