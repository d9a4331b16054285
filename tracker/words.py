"""The engine's small vocabularies, as the numbers it keeps them in.

They stand in a file of their own because the engine's other files may be compiled, and their
constants are C then, which nobody else can import.
"""

from tracker.tcp_state import Event, State

# The states and events of `tcp_state`.
CLOSED = int(State.CLOSED)
LISTEN = int(State.LISTEN)
SYN_SENT = int(State.SYN_SENT)
SYN_RECEIVED = int(State.SYN_RECEIVED)
ESTABLISHED = int(State.ESTABLISHED)
FIN_WAIT_1 = int(State.FIN_WAIT_1)
FIN_WAIT_2 = int(State.FIN_WAIT_2)
CLOSE_WAIT = int(State.CLOSE_WAIT)
CLOSING = int(State.CLOSING)
LAST_ACK = int(State.LAST_ACK)
TIME_WAIT = int(State.TIME_WAIT)

SND_SYN = int(Event.SND_SYN)
RCV_SYN = int(Event.RCV_SYN)
RCV_ACK_OF_SYN = int(Event.RCV_ACK_OF_SYN)
SND_FIN = int(Event.SND_FIN)
SND_FIN_CROSSING = int(Event.SND_FIN_CROSSING)
RCV_FIN = int(Event.RCV_FIN)
RCV_ACK_OF_FIN = int(Event.RCV_ACK_OF_FIN)
RESET = int(Event.RESET)
TIMEOUT = int(Event.TIMEOUT)
UNREACHABLE = int(Event.UNREACHABLE)
PICKED_UP = int(Event.PICKED_UP)
SYN_ACK_LOST = int(Event.SYN_ACK_LOST)
ACK_OF_SYN_LOST = int(Event.ACK_OF_SYN_LOST)
ACK_OF_FIN_LOST = int(Event.ACK_OF_FIN_LOST)
FIN_LOST = int(Event.FIN_LOST)
END_DISPROVED = int(Event.END_DISPROVED)

# No event, no side, no neighbour.
NOTHING = -1

# How an endpoint's state is known.
OBSERVED = 0  # its evidence was seen
INFERRED = 1  # the peer's acknowledgments prove it, its own segment was not seen
ASSUMED = 2  # the connection was picked up in the middle

# Who opened the connection is known by ...
UNKNOWN = 0
BY_SYN = 1
BY_SYN_ACK = 2
BY_KERNEL = 3  # this host's kernel says so

# The bit of `Connection.told` that says that nothing more can happen to a UDP pseudo-connection.
TOLD_ENDED = 1

# Notes on a connection, bits of `Connection.notes`.
NOTE_ODD_FLAGS = 1  # NULL, XMAS, SYN+FIN and the like: no transition (rule 10)
NOTE_CHALLENGE = 2  # a SYN or an inexact RST inside the connection (rules 1 and 2, RFC 5961)
NOTE_RESET_IGNORED = 4  # a RST outside the window (rule 1)
NOTE_RESET_DISPROVED = 8  # "suspected injected": the connection went on after a RST (rule 1)
NOTE_OUT_OF_WINDOW = 16  # a segment beyond the window that was offered
NOTE_ACK_OF_UNSENT = 32  # an acknowledgment of more than could have been sent
NOTE_OLD_SYN = 64  # an old duplicate SYN (RFC 9293 figure 8)
NOTE_LONE_RESET = 128  # a RST that ends something unseen (rule 7)
# ICMP errors about it (RFC 792, RFC 4443).
NOTE_REFUSED = 256  # nobody is at the port
NOTE_UNREACHABLE = 512
NOTE_PROHIBITED = 1024  # by a filter on the way
NOTE_FRAGMENTATION_NEEDED = 2048  # or, in IPv6, packet too big
NOTE_TIME_EXCEEDED = 4096
NOTE_PARAMETER_PROBLEM = 8192
NOTE_ERROR_IGNORED = 16384  # it quotes a number that was not on its way (RFC 5927)
NOTE_MALFORMED = 32768  # an impossible header length: no transition (rule 10)
NOTE_SEEDED = 65536  # taken from the kernel's table, before any segment of it was seen

# Letters of Zeek's history, in the order in which they are numbered here, from 1.
LETTERS = "SHADFRGQTW"
LETTER_SYN = 1
LETTER_SYN_ACK = 2
LETTER_ACK = 4
LETTER_DATA = 8
LETTER_FIN = 16
LETTER_RST = 32
LETTER_GAP = 64
LETTER_MULTI = 128
LETTER_RETRANSMISSION = 256
LETTER_ZERO_WINDOW = 512

# What the notes are called where people read them.
NOTES = {
    NOTE_ODD_FLAGS: "odd flags",
    NOTE_CHALLENGE: "challenge ACK due",
    NOTE_RESET_IGNORED: "RST outside the window",
    NOTE_RESET_DISPROVED: "suspected injected RST",
    NOTE_OUT_OF_WINDOW: "segment outside the window",
    NOTE_ACK_OF_UNSENT: "ACK of what was never sent",
    NOTE_OLD_SYN: "old duplicate SYN",
    NOTE_LONE_RESET: "RST of something unseen",
    NOTE_REFUSED: "refused (ICMP)",
    NOTE_UNREACHABLE: "unreachable (ICMP)",
    NOTE_PROHIBITED: "prohibited (ICMP)",
    NOTE_FRAGMENTATION_NEEDED: "fragmentation needed (ICMP)",
    NOTE_TIME_EXCEEDED: "time exceeded (ICMP)",
    NOTE_PARAMETER_PROBLEM: "parameter problem (ICMP)",
    NOTE_ERROR_IGNORED: "ICMP error with a wrong number",
    NOTE_MALFORMED: "malformed TCP header",
    NOTE_SEEDED: "from the kernel's table",
}
