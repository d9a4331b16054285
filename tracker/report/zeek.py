"""Zeek's words for a connection: `history` and `conn_state`, derived from what was kept.

https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html
"""

from tracker.connection import Connection
from tracker.endpoint import Endpoint
from tracker.wire.segment import TCP
from tracker.words import (
    LETTER_ACK,
    LETTER_DATA,
    LETTER_FIN,
    LETTER_RST,
    LETTER_SYN,
    LETTER_SYN_ACK,
    LETTERS,
)

_LETTERS_IN_WORD = 12
_UPPER = LETTERS.encode("ascii")
_LOWER = _UPPER.lower()
_TURNED = ord("^")


def history(connection: Connection, initiator: int) -> str:
    """Return Zeek's history: what each side sent first, in capitals the initiator's.

    A leading ``^`` says that the connection was turned around: its first segment came from the
    responder.
    """
    letters = bytearray(connection.history_length + 1)
    at = 0
    if connection.first_sender != initiator:
        letters[0] = _TURNED
        at = 1
    for i in range(connection.history_length):
        word = connection.history_low if i < _LETTERS_IN_WORD else connection.history_high
        code = word >> 5 * (i % _LETTERS_IN_WORD) & 31
        number = (code & 15) - 1
        letters[at] = _UPPER[number] if code >> 4 == initiator else _LOWER[number]
        at += 1
    return letters[:at].decode("ascii")


def conn_state(connection: Connection, initiator: int) -> str:
    """Return Zeek's conn_state, with the originator at side `initiator`."""
    originator = connection.b if initiator else connection.a
    responder = connection.a if initiator else connection.b
    if connection.protocol != TCP:
        if originator.packets:
            return "SF" if responder.packets else "S0"
        return "SHR"
    return _tcp_conn_state(originator, responder)


def _tcp_conn_state(originator: Endpoint, responder: Endpoint) -> str:
    """Follow conn/main.zeek, with each endpoint's state there told from its letters."""
    ours, theirs = originator.letters, responder.letters
    silent = not ours & LETTER_SYN
    mute = not theirs & LETTER_SYN_ACK
    if ours & LETTER_FIN and theirs & LETTER_FIN:
        return "SF"  # also where a RST follows: both had closed
    if theirs & LETTER_RST:
        if ours & LETTER_SYN and mute and not theirs & (LETTER_ACK | LETTER_DATA):
            return "REJ"
        return "RSTRH" if silent and not mute else "RSTR"
    if ours & LETTER_RST:
        return "RSTOS0" if mute and ours & LETTER_SYN else "RSTO"
    if silent and mute:
        return "OTH"
    if ours & LETTER_FIN:
        return "SH" if mute else "S2"
    if theirs & LETTER_FIN:
        return "SHR" if silent else "S3"
    if mute:
        return "S0"
    return "OTH" if silent else "S1"
