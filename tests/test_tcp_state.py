"""Each cell of the state tables, held against RFC 9293 figure 5 written out once more.

The expectations are typed from the RFC's text (sections 3.3.2, 3.5, 3.6, 3.10.7) and, for what is
taken back, from the rules of the README, not from the table.
"""

import pytest

from tracker.tcp_state import EVENTS, TABLE, TAKEN_BACK, Event, State, step

# (state, event): the new state. Every pair that is not here leaves the state as it is.
FIGURE_5 = {
    ("CLOSED", "SND_SYN"): "SYN_SENT",
    ("LISTEN", "SND_SYN"): "SYN_SENT",
    ("LISTEN", "RCV_SYN"): "SYN_RECEIVED",
    ("SYN_SENT", "RCV_SYN"): "SYN_RECEIVED",
    ("SYN_RECEIVED", "RCV_ACK_OF_SYN"): "ESTABLISHED",
    ("SYN_RECEIVED", "SND_FIN"): "FIN_WAIT_1",
    ("SYN_RECEIVED", "SND_FIN_CROSSING"): "FIN_WAIT_1",
    ("SYN_RECEIVED", "RCV_FIN"): "CLOSE_WAIT",
    ("ESTABLISHED", "SND_FIN"): "FIN_WAIT_1",
    ("ESTABLISHED", "SND_FIN_CROSSING"): "FIN_WAIT_1",
    ("ESTABLISHED", "RCV_FIN"): "CLOSE_WAIT",
    ("FIN_WAIT_1", "RCV_FIN"): "CLOSING",
    ("FIN_WAIT_1", "RCV_ACK_OF_FIN"): "FIN_WAIT_2",
    ("FIN_WAIT_2", "RCV_FIN"): "TIME_WAIT",
    ("CLOSE_WAIT", "SND_FIN"): "LAST_ACK",
    ("CLOSE_WAIT", "SND_FIN_CROSSING"): "CLOSING",
    ("CLOSING", "RCV_ACK_OF_FIN"): "TIME_WAIT",
    ("LAST_ACK", "RCV_ACK_OF_FIN"): "CLOSED",
    ("TIME_WAIT", "SND_SYN"): "SYN_SENT",
    ("TIME_WAIT", "RCV_SYN"): "SYN_RECEIVED",
    # Section 3.5.3 and 3.10.7: a reset ends every state but CLOSED and LISTEN.
    ("SYN_SENT", "RESET"): "CLOSED",
    ("SYN_RECEIVED", "RESET"): "CLOSED",
    ("ESTABLISHED", "RESET"): "CLOSED",
    ("FIN_WAIT_1", "RESET"): "CLOSED",
    ("FIN_WAIT_2", "RESET"): "CLOSED",
    ("CLOSE_WAIT", "RESET"): "CLOSED",
    ("CLOSING", "RESET"): "CLOSED",
    ("LAST_ACK", "RESET"): "CLOSED",
    ("TIME_WAIT", "RESET"): "CLOSED",
    # RFC 5461 section 2.2: an ICMP error ends what is opening, and nothing else.
    ("SYN_SENT", "UNREACHABLE"): "CLOSED",
    ("SYN_RECEIVED", "UNREACHABLE"): "CLOSED",
    # Timers: of handshake, FIN and TIME_WAIT; an open or half-closed connection has none.
    ("SYN_SENT", "TIMEOUT"): "CLOSED",
    ("SYN_RECEIVED", "TIMEOUT"): "CLOSED",
    ("FIN_WAIT_1", "TIMEOUT"): "CLOSED",
    ("FIN_WAIT_2", "TIMEOUT"): "CLOSED",
    ("CLOSING", "TIMEOUT"): "CLOSED",
    ("LAST_ACK", "TIMEOUT"): "CLOSED",
    ("TIME_WAIT", "TIMEOUT"): "CLOSED",
    # Taken back: each is the inverse of an arrow above, or the start in the middle.
    ("CLOSED", "PICKED_UP"): "ESTABLISHED",
    ("LISTEN", "PICKED_UP"): "ESTABLISHED",
    ("SYN_RECEIVED", "PICKED_UP"): "ESTABLISHED",
    ("ESTABLISHED", "SYN_ACK_LOST"): "SYN_SENT",
    ("CLOSE_WAIT", "SYN_ACK_LOST"): "SYN_SENT",
    ("ESTABLISHED", "ACK_OF_SYN_LOST"): "SYN_RECEIVED",
    ("CLOSE_WAIT", "ACK_OF_SYN_LOST"): "SYN_RECEIVED",
    ("FIN_WAIT_2", "ACK_OF_FIN_LOST"): "FIN_WAIT_1",
    ("TIME_WAIT", "ACK_OF_FIN_LOST"): "CLOSING",
    ("CLOSED", "ACK_OF_FIN_LOST"): "LAST_ACK",
    ("CLOSE_WAIT", "FIN_LOST"): "ESTABLISHED",
    ("CLOSING", "FIN_LOST"): "FIN_WAIT_1",
    ("TIME_WAIT", "FIN_LOST"): "FIN_WAIT_2",
}

IN_TABLES = [event for event in Event if event is not Event.END_DISPROVED]


@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
@pytest.mark.parametrize("event", IN_TABLES, ids=lambda event: event.name)
def test_cell(state: State, event: Event) -> None:
    expected = State[FIGURE_5.get((state.name, event.name), state.name)]
    assert step(state, event, State.CLOSED) == expected


@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
def test_an_end_that_is_disproved_gives_back_the_state_before(state: State) -> None:
    assert step(State.CLOSED, Event.END_DISPROVED, state) == state


def test_the_tables_have_every_state_in_order_and_every_event() -> None:
    assert list(TABLE) == list(TAKEN_BACK) == list(State)
    for state in State:
        assert len(TABLE[state]) + len(TAKEN_BACK[state]) == len(IN_TABLES)
    assert set(EVENTS) == set(Event)


def test_composed_arrows_of_figure_5() -> None:
    def walk(state: State, *events: Event) -> State:
        for event in events:
            state = State(step(state, event, State.CLOSED))
        return state

    # SYN-SENT and SYN,ACK; FIN-WAIT-1 and FIN,ACK of the FIN.
    assert walk(State.SYN_SENT, Event.RCV_SYN, Event.RCV_ACK_OF_SYN) == State.ESTABLISHED
    assert walk(State.FIN_WAIT_1, Event.RCV_ACK_OF_FIN, Event.RCV_FIN) == State.TIME_WAIT
