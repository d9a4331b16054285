"""Reasons: three kinds, each with layer, field and source, each in words."""

import pytest

from tracker.wire import reasons
from tracker.wire.reasons import MALFORMED, OTHER, REASONS, TRUNCATED, describe

CODES = {
    name: value
    for name, value in vars(reasons).items()
    if name.isupper() and isinstance(value, int) and name != "DECODED"
}


def test_reasons_one_for_each_code() -> None:
    assert sorted(CODES.values()) == sorted(REASONS)


@pytest.mark.parametrize("name", CODES)
def test_reason_of_the_kind_that_its_name_says(name: str) -> None:
    reason = REASONS[CODES[name]]
    assert reason.kind in (TRUNCATED, MALFORMED, OTHER)
    assert (reason.kind == TRUNCATED) == name.endswith("_TRUNCATED")
    assert (reason.kind == OTHER) == (
        name.startswith("OTHER_") or name in ("LATER_FRAGMENT", "WITHOUT_FIRST", "ICMP_ERROR")
    )
    assert reason.layer and reason.field


@pytest.mark.parametrize(
    ("code", "number", "words"),
    [
        (reasons.TCP_TRUNCATED, 0, "truncated: TCP header"),
        (reasons.UDP_LENGTH, 0, "malformed: UDP length"),
        (reasons.OTHER_ETHERTYPE, 0x0806, "other: ARP"),
        (reasons.OTHER_ETHERTYPE, 0x88B5, "other: EtherType 0x88b5"),
        (reasons.OTHER_PROTOCOL, 1, "other: ICMP"),
        (reasons.OTHER_PROTOCOL, 253, "other: IP protocol 253"),
        (reasons.OTHER_LLC, 0x42, "other: spanning tree"),
        (reasons.OTHER_LLC, 0x08, "other: LLC service access point 0x08"),
        (reasons.OTHER_LINK_TYPE, 249, "other: link type USBPCAP (249)"),
        (reasons.OTHER_LINK_TYPE, 1240, "other: link type 1240"),
        (reasons.OTHER_PPP, 0xC021, "other: LCP"),
        (reasons.OTHER_SNAP, 0x00000C, "other: SNAP organization 0x00000c"),
        (reasons.LATER_FRAGMENT, 6, "other: IP later fragment"),
    ],
)
def test_describe(code: int, number: int, words: str) -> None:
    assert describe(code, number) == words
