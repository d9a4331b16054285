"""The host of an HTTP request: RFC 9112, with the examples that stand in it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.names.http import LONGEST_HEAD, host
from tracker.names.incomplete import Incomplete

NAME = "www.example.org"
REQUEST = b"GET /pub/WWW/ HTTP/1.1\r\nAccept: */*\r\nHost: www.example.org\r\n\r\n"


def asked(stream: bytes) -> str | None:
    """Return the name; "more" if the stream goes on."""
    try:
        return host(stream)
    except Incomplete as more:
        return "more" if more.needed > len(stream) else "nothing"


# --- requests -----------------------------------------------------------------------------------

#: Heads without the end of the last line.
NAMED = {
    "origin form (3.2.1)": b"GET /pub/WWW/TheProject.html HTTP/1.1\r\nHost: www.example.org",
    "asterisk form (3.2.4)": b"OPTIONS * HTTP/1.1\r\nHost: www.example.org:8001",
    "absolute form (3.2.2)": b"GET http://www.example.org/pub/WWW/TheProject.html HTTP/1.1",
    "absolute form before Host": b"GET http://www.example.org HTTP/1.1\r\nHost: other.example",
    "absolute form, port and user": b"GET http://me:1@www.example.org:81?host=b.example HTTP/1.1",
    "HTTP/1.0": b"GET / HTTP/1.0\r\nHost: www.example.org",
    "a method of one's own": b"M-SEARCH / HTTP/1.1\r\nHost: www.example.org",
    "letters of any size": b"GET / HTTP/1.1\r\nhOsT:WWW.Example.ORG.",
    "space around the value": b"GET / HTTP/1.1\r\nHost:\t www.example.org:80 \t",
    "lines without CR (2.2)": b"GET / HTTP/1.1\nAccept: */*\nHost: www.example.org",
    "an empty line before it (2.2)": b"\r\nGET / HTTP/1.1\r\nHost: www.example.org",
    "the first of two": b"GET / HTTP/1.1\r\nHost: www.example.org\r\nHost: other.example",
    "a scheme behind the path": b"GET /?to=http://b.example/ HTTP/1.1\r\nHost: www.example.org",
}


@pytest.mark.parametrize("what", NAMED)
def test_the_host_of_a_request(what: str) -> None:
    assert host(NAMED[what] + b"\r\n") == NAME
    assert host(NAMED[what] + b"\r\n\r\nHost: other.example\r\n\r\n") == NAME


NAMELESS = {
    "CONNECT (3.2.3)": b"CONNECT www.example.org:80 HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
    "without Host": b"GET / HTTP/1.0\r\n\r\nHost: www.example.org\r\n",
    "an empty Host": b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "an IPv4 address": b"GET / HTTP/1.1\r\nHost: 192.0.2.1:80\r\n\r\n",
    "an IPv6 address": b"GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n",
    "an address in absolute form": b"GET http://[2001:db8::1]/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
    "an escape": b"GET / HTTP/1.1\r\nHost: \x1b[2Jwww.example.org\r\n\r\n",
    "two words": b"GET / HTTP/1.1\r\nHost: www.example.org other.example\r\n\r\n",
    "markup": b"GET / HTTP/1.1\r\nHost: <script>\r\n\r\n",
    "a port that is none": b"GET / HTTP/1.1\r\nHost: www.example.org:80a\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n",
    "a response": b"HTTP/1.1 200 OK\r\nHost: www.example.org\r\n\r\n",
    "SIP": b"INVITE sip:a@www.example.org SIP/2.0\r\nHost: www.example.org\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01",
    "a banner": b"SSH-2.0-OpenSSH_9.2\r\n",
}


@pytest.mark.parametrize("what", NAMELESS)
def test_no_host(what: str) -> None:
    assert asked(NAMELESS[what]) is None


# --- cut ----------------------------------------------------------------------------------------


def test_the_host_line_is_enough() -> None:
    end = REQUEST.index(b"\r\n\r\n") + 2
    assert {asked(REQUEST[:cut]) for cut in range(end)} == {"more"}
    assert {asked(REQUEST[:cut]) for cut in range(end, len(REQUEST) + 1)} == {NAME}


def test_a_head_without_end() -> None:
    """16 KiB are waited for."""
    endless = b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 4000
    assert asked(endless[: LONGEST_HEAD - 1]) == "more"
    assert asked(endless[:LONGEST_HEAD]) is None
    assert asked(endless[:LONGEST_HEAD] + b"\r\nHost: www.example.org\r\n") is None
    assert asked(b"GET /" + b"x" * LONGEST_HEAD) is None


# --- any octets ---------------------------------------------------------------------------------

BEGINNINGS = [b"", b"GET / HTTP/1.1\r\n", b"GET http://", b"GET / HTTP/1.1\r\nHost:", REQUEST]


@settings(max_examples=300)
@given(octets=st.binary(max_size=100), begin=st.sampled_from(BEGINNINGS))
def test_any_octets(octets: bytes, begin: bytes) -> None:
    """Whatever comes out is made of letters that may be shown."""
    name = asked(begin + octets)
    assert name is None or name.replace(".", "").replace("-", "").replace("_", "").isalnum()


@settings(max_examples=200)
@given(at=st.integers(0, len(REQUEST) - 1), octet=st.binary(min_size=1, max_size=1))
def test_a_changed_octet(at: int, octet: bytes) -> None:
    changed = REQUEST[:at] + octet + REQUEST[at + 1 :]
    begin = REQUEST.index(b":", REQUEST.index(b"Host")) + 1
    text = changed[begin:].partition(b"\n")[0].partition(b":")[0].decode("latin-1").lower()
    assert asked(changed) in (None, "more", NAME, text.strip("\t\r ").removesuffix("."))
