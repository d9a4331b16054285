"""The policy: which rule fits first, and what is said of a file that is wrong."""

import re
from pathlib import Path
from typing import Any

import pytest
from audit_subjects import made
from captures import CHECKOUT, PCAPS, run_here
from hypothesis import given
from hypothesis import strategies as st

from tracker.audit.policy import Policy, Rule, Service
from tracker.audit.policy_file import load_policy
from tracker.audit.subject import Subject
from tracker.config import Config, ConfigError
from tracker.names.name import Name
from tracker.names.services import load_services

SERVICES = load_services()
CONFIG = Config()._replace(hosts={"printer": ("192.168.1.9",)})


def policy(text: str, tmp_path: Path) -> Policy:
    """Return the policy that a text says."""
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return load_policy(str(path), CONFIG, SERVICES)


def asked(name: str, **fields: object) -> Subject:
    """Return a subject whose peer's name was asked for."""
    return made(name=Name(name, "dns", 1), asked=True, **fields)


def number(rule: Rule | None) -> int:
    """Return a rule's number, 0 for none."""
    return 0 if rule is None else rule.number


# --- what fits ------------------------------------------------------------------------------------

HTTPS = {"foreign_port": 443}
INBOUND = {"opened_by": "foreign", "local_port": 22, "foreign_port": 40000}

#: A rule, a subject, and whether it fits.
FITS: list[tuple[str, Subject, bool]] = [
    ("to: any", made(), True),
    ("from: any", made(), False),
    ("with: any", made(), True),
    ("from: any", made(**INBOUND), True),
    ("to: 192.168.1.7", made(), True),
    ("to: 192.168.1.0/24", made(), True),
    ("to: 192.168.2.0/24", made(), False),
    ("to: [10.0.0.0/8, 192.168.1.7]", made(), True),
    ("to: private", made(), True),
    ("to: private", made(foreign_address="203.0.113.1"), False),
    ("to: 'fd00::/8'", made(foreign_address="fd00::7"), True),
    ("to: 'fd00::/8'", made(), False),
    ("to: printer", made(foreign_address="192.168.1.9"), True),
    ("to: printer", asked("printer"), True),
    ("to: printer", made(), False),
    ("with: groups", made(foreign_address="224.0.0.251"), True),
    ("with: groups", made(foreign_address="ff02::fb"), True),
    ("to: www.example.org", asked("www.example.org"), True),
    ("to: www.example.org", asked("www2.example.org"), False),
    ("to: '*.example.org'", asked("www.example.org"), True),
    ("to: '*.example.org'", asked("a.b.example.org"), True),
    ("to: '*.example.org'", asked("example.org"), False),
    ("to: '*.example.org'", asked("badexample.org"), False),
    ("to: '*.EXAMPLE.org'", asked("www.example.org"), True),
    ("to: '*'", asked("anything.example"), True),
    ("to: '*'", made(), False),
    # A name that the connection only says of itself is no lookup.
    ("to: '*'", made(name=Name("www.example.org", "tls", 1), asked=False), False),
    ("{to: any, services: [https]}", made(**HTTPS), True),
    ("{to: any, services: [https]}", made(), False),
    ("{to: any, services: https}", made(proto="udp", **HTTPS), True),
    ("{to: any, services: [tcp/443]}", made(proto="udp", **HTTPS), False),
    ("{to: any, services: [tcp/400-500]}", made(**HTTPS), True),
    ("{to: any, services: [tcp/444-500]}", made(**HTTPS), False),
    ("{to: any, services: any}", made(**HTTPS), True),
    ("{from: any, services: [ssh]}", made(**INBOUND), True),
    ("{from: any, services: [tcp/40000]}", made(**INBOUND), False),
    ("{to: any, who: 192.168.1.5}", made(), True),
    ("{to: any, who: 192.168.1.6}", made(), False),
    ("{to: any, who: any}", made(), True),
    ("{to: any, program: [curl]}", made(program=(17, "curl")), True),
    ("{to: any, program: [curl]}", made(program=(17, "nc")), False),
    ("{to: any, program: [curl]}", made(), False),
    ("{to: any, program: any}", made(), True),
]


@pytest.mark.parametrize(("rule", "subject", "fits"), FITS, ids=[case[0] for case in FITS])
def test_rules_fit(rule: str, subject: Subject, fits: bool, tmp_path: Path) -> None:
    made_of = rule if rule.startswith("{") else "{" + rule + "}"
    found = policy(f"rules:\n  - {made_of}\n", tmp_path).explains(subject)
    assert number(found) == fits


def test_the_first_rule_that_fits_counts(tmp_path: Path) -> None:
    rules = policy(
        "rules:\n"
        "  - {to: 192.168.1.7, services: [telnet]}\n"
        "  - {to: 192.168.1.7, allow: false, note: never}\n"
        "  - to: any\n",
        tmp_path,
    )
    doubted = rules.explains(made())
    assert doubted is not None
    assert (doubted.number, doubted.line, doubted.allows, doubted.note) == (2, 3, False, "never")
    assert number(rules.explains(made(foreign_port=23))) == 1
    assert number(rules.explains(made(foreign_address="203.0.113.1"))) == 3


def test_offers_are_those_declared_and_those_of_rules(tmp_path: Path) -> None:
    rules = policy("offers: [http]\nrules:\n  - {from: private, services: [ssh]}\n", tmp_path)
    assert rules.offers(made(**INBOUND))
    assert rules.offers(made(opened_by="foreign", local_port=80))
    assert not rules.offers(made(opened_by="foreign", local_port=81))


def test_what_a_host_offers_is_explained_after_the_rules(tmp_path: Path) -> None:
    rules = policy("offers: [http]\nrules:\n  - {from: 10.0.0.0/8, allow: false}\n", tmp_path)
    web = {"opened_by": "foreign", "local_port": 80, "foreign_port": 40000}
    offered = rules.explains(made(**web))
    assert offered is not None
    assert (offered.number, offered.line, offered.allows) == (2, 1, True)
    assert "known to offer" in offered.note
    assert number(rules.explains(made(foreign_address="10.1.2.3", **web))) == 1
    assert rules.explains(made(opened_by="foreign", local_port=81)) is None
    assert rules.explains(made(local_port=80)) is None  # a connection that this host opened


def test_a_rule_offers_for_its_own_hosts_only(tmp_path: Path) -> None:
    text = "rules:\n  - {from: private, who: 192.168.1.5, services: [ssh]}\n"
    rules = policy(text, tmp_path)
    assert rules.offers(made(**INBOUND))
    assert not rules.offers(made(**INBOUND, local_address="192.168.1.6"))


def test_what_a_rule_doubts_it_does_not_offer(tmp_path: Path) -> None:
    rules = policy("rules:\n  - {from: any, services: [ssh], allow: false}\n", tmp_path)
    assert not rules.offers(made(**INBOUND))


#: What comes from a port of discovery, and whether the starting policy explains it.
ANSWERS: list[tuple[dict[str, Any], bool]] = [
    ({"foreign_port": 1900, "local_port": 40000}, True),  # SSDP answers by itself
    ({"foreign_port": 5353, "local_port": 40000}, True),  # RFC 6762 section 6.7
    ({"foreign_port": 1900, "local_port": 161}, False),  # nobody asks from a system port
    ({"foreign_port": 1901, "local_port": 40000}, False),
    ({"foreign_port": 1900, "local_port": 40000, "foreign_address": "203.0.113.1"}, False),
    ({"foreign_port": 1900, "local_port": 40000, "proto": "tcp"}, False),
]


@pytest.mark.parametrize(("fields", "fits"), ANSWERS)
def test_answers_to_what_a_group_was_asked(fields: dict[str, Any], fits: bool) -> None:
    start = load_policy(None, CONFIG, SERVICES)
    subject = made(**{"proto": "udp", "opened_by": "foreign"} | fields)
    assert (start.explains(subject) is not None) is fits


def test_only_rules_for_whoever_begins_mean_answers(tmp_path: Path) -> None:
    """What connects to port 1900 is something else."""
    answer = made(proto="udp", opened_by="foreign", foreign_port=1900, local_port=40000)
    for side, fits in (("with", 1), ("from", 0), ("to", 0)):
        rules = policy(f"rules:\n  - {{{side}: private, services: [udp/1900]}}\n", tmp_path)
        assert number(rules.explains(answer)) == fits


def test_rules_keep_their_order_however_they_are_found(tmp_path: Path) -> None:
    rules = policy(
        "rules:\n"
        "  - {to: any, services: [tcp/70-75]}\n"
        "  - {to: any, services: [tcp/72, udp/1]}\n"
        "  - {to: any}\n"
        "  - {to: any, services: [tcp/76]}\n",
        tmp_path,
    )
    found = [number(rules.explains(made(foreign_port=port))) for port in (72, 75, 76, 77)]
    assert found == [1, 1, 3, 3]


SPANS = st.tuples(st.sampled_from(["tcp", "udp"]), st.integers(0, 9), st.integers(0, 4))


@given(rules=st.lists(st.lists(SPANS, max_size=3), max_size=6))
def test_rules_are_found_as_if_all_were_tried(rules: list[list[tuple[str, int, int]]]) -> None:
    """Rules are looked up by protocol and port; what is found must not depend on how."""
    spans = [tuple(Service(proto, at, at + more) for proto, at, more in each) for each in rules]
    made_of = [
        Rule(place, 1, "", True, "local", services, None, None, ())
        for place, services in enumerate(spans, 1)
    ]
    found = Policy(made_of, [], False, "")
    for proto in ("tcp", "udp"):
        for port in range(16):
            fit = [rule for rule in made_of if not rule.services or _has(rule, proto, port)]
            subject = made(proto=proto, foreign_port=port)
            assert found.explains(subject) == (fit[0] if fit else None)


def _has(rule: Rule, proto: str, port: int) -> bool:
    return any(each.proto == proto and each.first <= port <= each.last for each in rule.services)


def test_a_learned_policy_knows_peers(tmp_path: Path) -> None:
    rules = policy("learned: true\nrules:\n  - {to: 192.168.1.7, services: [http]}\n", tmp_path)
    assert rules.learned
    assert rules.knows(made(foreign_port=9999))
    assert not rules.knows(made(foreign_address="192.168.1.8"))


# --- files ----------------------------------------------------------------------------------------


def test_the_starting_policy_is_read_and_explains_itself() -> None:
    start = load_policy(None, CONFIG, SERVICES)
    assert start.rules
    assert not start.learned
    assert all(rule.note for rule in start.rules)
    assert number(start.explains(made(foreign_port=53, proto="udp"))) == 1
    assert start.explains(asked("www.example.org", foreign_address="203.0.113.1", **HTTPS))
    assert start.explains(made(foreign_address="203.0.113.1", **HTTPS)) is None
    assert start.explains(made(**INBOUND)) is None


def test_the_starting_policy_lets_no_shell_pass_as_a_lookup() -> None:
    """DNS over TCP is explained where resolvers are known to be, and over UDP anywhere."""
    start = load_policy(None, CONFIG, SERVICES)
    for address, allowed in [("203.0.113.66", False), ("192.168.1.1", True), ("9.9.9.9", True)]:
        there = made(foreign_address=address, foreign_port=53)
        assert (start.explains(there) is not None) is allowed
        assert start.explains(there._replace(proto="udp")) is not None


def test_the_starting_policy_documents_every_key() -> None:
    text = (CHECKOUT / "config" / "policy.yaml").read_text(encoding="utf-8")
    for key in ("note", "who", "program", "to", "from", "with", "services", "allow"):
        assert re.search(rf"^#   {key} ", text, re.MULTILINE), key


#: What is wrong, and what is said of it.
WRONG = [
    ("rules:\n  - {to: any, port: 80}\n", "line 2: rules: 1: port: nothing is known of it"),
    ("rule: []\n", "line 1: rule: nothing is known of it; allowed: rules, offers, learned"),
    ("rules:\n  - note: nothing\n", "line 2: rules: 1: not allowed; allowed: one of to, from"),
    ("rules:\n  - {to: any, from: any}\n", "one of to, from and with in each rule"),
    ("rules:\n  - to: 1.2.3.4/99\n", "line 2: rules: 1: to: '1.2.3.4/99' is not allowed"),
    ("rules:\n  - to: any\n    services: [no-such]\n", "line 3: rules: 1: services: 'no-such'"),
    ("rules:\n  - to: any\n    services: [tcp/9-2]\n", "ports from 0 to 65535"),
    ("rules:\n  - to: any\n    services: [tcp/70000]\n", "ports from 0 to 65535"),
    ("rules:\n  - {to: any, who: www.example.org}\n", "who: 'www.example.org' is not allowed"),
    ("rules:\n  - {to: any, allow: maybe}\n", "allow: not allowed; allowed: true or false"),
    ("rules: 5\n", "line 1: rules: not allowed; allowed: a list of rules"),
    ("rules:\n  - 5\n", "line 2: rules: 1: not allowed; allowed: a rule"),
    ("rules:\n  - to: {a: b}\n", "rules: 1: to: not allowed"),
    ("learned: 7\n", "learned: not allowed; allowed: true or false"),
    ("rules:\n  - to:\n    - private\n    - a b\n", "line 4: rules: 1: to: 'a b' is not allowed"),
    (
        "rules:\n  - to: any\n    services:\n    - ssh\n    - 22\n",
        "line 5: rules: 1: services: '22'",
    ),
    ("offers:\n- ssh\n- no-such\n", "line 3: offers: 'no-such' is not allowed"),
    ("rules: [\n", "not YAML"),
    ("rules:\n  - {to: any, services: []}\n", "services: empty; allowed: names of config/services"),
    ("rules:\n  - {to: []}\n", "line 2: rules: 1: to: empty; allowed: addresses"),
    ("rules:\n  - {to: any, who: []}\n", "who: empty"),
    ("rules:\n  - {to: any, program: []}\n", "program: empty"),
    ("rules:\n  - {to: any, note: [a]}\n", "note: not allowed; allowed: text"),
    ("rules: false\n", "rules: not allowed"),
    ("offers: 0\n", "offers: '0' is not allowed"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_what_is_wrong_is_told_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        policy(text, tmp_path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    path = tmp_path / "policy.yaml"
    outcome = run_here("audit", "--policy", path, PCAPS / "refused.pcap")
    assert outcome.status == 2
    assert outcome.stderr == f"tracker: {error.value}\n"


def test_a_policy_that_is_not_there_is_told() -> None:
    outcome = run_here("audit", "--policy", "/no/such/file", PCAPS / "refused.pcap")
    assert outcome.status == 2
    assert "/no/such/file: cannot be read" in outcome.stderr
