"""The exchanges of RFC 9293 section 3.5 and 3.6, figures 6 to 13, as text.

RFC 9293's exchanges end with figure 13; what RFC 793 called figure 14, simultaneous close, is that
one.  A line that the RFC draws twice (``...``: delayed in the network, then its arrival) is seen
once by an observer.
"""

from exchange import play

OPEN = """
    SYN-SENT    --> <SEQ=99><CTL=SYN>                --> SYN-RECEIVED
    ESTABLISHED <-- <SEQ=299><ACK=100><CTL=SYN,ACK>  <-- SYN-RECEIVED
    ESTABLISHED --> <SEQ=100><ACK=300><CTL=ACK>      --> ESTABLISHED
"""


def test_figure_6_basic_three_way_handshake() -> None:
    play("""
        SYN-SENT    --> <SEQ=100><CTL=SYN>               --> SYN-RECEIVED
        ESTABLISHED <-- <SEQ=300><ACK=101><CTL=SYN,ACK>  <-- SYN-RECEIVED
        ESTABLISHED --> <SEQ=101><ACK=301><CTL=ACK>      --> ESTABLISHED
        ESTABLISHED --> <SEQ=101><ACK=301><CTL=ACK><DATA=10> --> ESTABLISHED
    """)


def test_figure_7_simultaneous_connection_synchronization() -> None:
    # Where the RFC draws SYN-SENT at the end of an arrow still under way (lines 2 and 3), the
    # observer presumes arrival.
    play("""
        SYN-SENT     --> <SEQ=100><CTL=SYN>              --> SYN-RECEIVED
        SYN-RECEIVED <-- <SEQ=300><CTL=SYN>              <-- SYN-RECEIVED
        SYN-RECEIVED --> <SEQ=100><ACK=301><CTL=SYN,ACK> --> ESTABLISHED
        ESTABLISHED  <-- <SEQ=300><ACK=101><CTL=SYN,ACK> <-- ESTABLISHED
    """)


def test_figure_8_recovery_from_old_duplicate_syn() -> None:
    # The observer stands beside A: it sees A's SYN leave, not the old one arrive at B.
    play("""
        SYN-SENT    --> <SEQ=100><CTL=SYN>               --> SYN-RECEIVED
        SYN-SENT    ... <SEQ=90><CTL=SYN>                --> SYN-RECEIVED
        SYN-SENT    <-- <SEQ=300><ACK=91><CTL=SYN,ACK>   <-- SYN-RECEIVED
        SYN-SENT    --> <SEQ=91><CTL=RST>                --> LISTEN
        SYN-SENT    ... <SEQ=100><CTL=SYN>               --> LISTEN
        ESTABLISHED <-- <SEQ=400><ACK=101><CTL=SYN,ACK>  <-- SYN-RECEIVED
        ESTABLISHED --> <SEQ=101><ACK=401><CTL=ACK>      --> ESTABLISHED
    """)


def test_figure_8_seen_beside_b() -> None:
    # Here the old duplicate passes, too: a lower number is the older SYN (RFC 6528).
    play("""
        SYN-SENT    --> <SEQ=100><CTL=SYN>               --> SYN-RECEIVED
        SYN-SENT    --> <SEQ=90><CTL=SYN>                --> SYN-RECEIVED
        SYN-SENT    <-- <SEQ=300><ACK=91><CTL=SYN,ACK>   <-- SYN-RECEIVED
        SYN-SENT    --> <SEQ=91><CTL=RST>                --> LISTEN
        ESTABLISHED <-- <SEQ=400><ACK=101><CTL=SYN,ACK>  <-- SYN-RECEIVED
        ESTABLISHED --> <SEQ=101><ACK=401><CTL=ACK>      --> ESTABLISHED
    """)


def test_figure_9_half_open_connection_discovery() -> None:
    # A rebooted before the capture began.
    play("""
        SYN-SENT --> <SEQ=400><CTL=SYN>           --> -
        SYN-SENT <-- <SEQ=300><ACK=100><CTL=ACK>  <-- ESTABLISHED
        SYN-SENT --> <SEQ=100><CTL=RST>           --> CLOSED
        +1 SYN-SENT --> <SEQ=400><CTL=SYN>        --> -
    """)


def test_figure_9_with_the_old_connection_seen() -> None:
    # Until A's RST nobody can know that its SYN was no forgery (rule 2, RFC 5961 section 4).
    seen = play(
        OPEN
        + """
        ESTABLISHED --> <SEQ=400><CTL=SYN>           --> ESTABLISHED
        ESTABLISHED <-- <SEQ=300><ACK=100><CTL=ACK>  <-- ESTABLISHED
        SYN-SENT    --> <SEQ=100><CTL=RST>           --> CLOSED
        +1 SYN-SENT --> <SEQ=400><CTL=SYN>           --> -
    """
    )
    assert [connection.generation for connection in seen.connections] == [1, 2]


def test_figure_10_active_side_causes_half_open_connection_discovery() -> None:
    play("""
        ESTABLISHED <-- <SEQ=300><ACK=100><DATA=10><CTL=ACK> <-- ESTABLISHED
        CLOSED      --> <SEQ=100><CTL=RST>                   --> CLOSED
    """)


def test_figure_11_old_duplicate_syn_initiates_a_reset_on_two_passive_sockets() -> None:
    # The observer takes A for the sender of the SYN; that it was LISTEN all the time, the RST
    # tells, which leaves neither with a connection.
    play("""
        SYN-SENT    --> <SEQ=700><CTL=SYN>              --> SYN-RECEIVED
        ESTABLISHED <-- <SEQ=500><ACK=701><CTL=SYN,ACK> <-- SYN-RECEIVED
        LISTEN      --> <SEQ=701><CTL=RST>              --> LISTEN
    """)


def test_figure_12_normal_close_sequence() -> None:
    play(
        OPEN
        + """
        FIN-WAIT-1 --> <SEQ=100><ACK=300><CTL=FIN,ACK>  --> CLOSE-WAIT
        FIN-WAIT-2 <-- <SEQ=300><ACK=101><CTL=ACK>      <-- CLOSE-WAIT
        TIME-WAIT  <-- <SEQ=300><ACK=101><CTL=FIN,ACK>  <-- LAST-ACK
        TIME-WAIT  --> <SEQ=101><ACK=301><CTL=ACK>      --> CLOSED
        +60 CLOSED wait CLOSED
    """
    )


def test_figure_13_simultaneous_close_sequence() -> None:
    # After its first line the RFC has FIN-WAIT-1 on both sides, with both FINs under way; an
    # observer sees one FIN before the other and presumes that it arrives.
    play(
        OPEN
        + """
        FIN-WAIT-1 --> <SEQ=100><ACK=300><CTL=FIN,ACK>  --> CLOSE-WAIT
        CLOSING    <-- <SEQ=300><ACK=100><CTL=FIN,ACK>  <-- CLOSING
        CLOSING    --> <SEQ=101><ACK=301><CTL=ACK>      --> TIME-WAIT
        TIME-WAIT  <-- <SEQ=301><ACK=101><CTL=ACK>      <-- TIME-WAIT
    """
    )


def test_figure_5_note_2_fin_with_the_ack_of_the_fin() -> None:
    # FIN-WAIT-1 to TIME-WAIT in one segment: RFC 9293 section 3.10.7.4, eighth.
    play(
        OPEN
        + """
        FIN-WAIT-1 --> <SEQ=100><ACK=300><CTL=FIN,ACK>  --> CLOSE-WAIT
        TIME-WAIT  <-- <SEQ=300><ACK=101><CTL=FIN,ACK>  <-- LAST-ACK
        TIME-WAIT  --> <SEQ=101><ACK=301><CTL=ACK>      --> CLOSED
    """
    )


def test_numbers_wrap_at_two_to_the_32() -> None:
    play("""
        SYN-SENT    --> <SEQ=4294967295><CTL=SYN>           --> SYN-RECEIVED
        ESTABLISHED <-- <SEQ=4294967290><ACK=0><CTL=SYN,ACK> <-- SYN-RECEIVED
        ESTABLISHED --> <SEQ=0><ACK=4294967291><CTL=ACK>    --> ESTABLISHED
        ESTABLISHED <-- <SEQ=4294967291><ACK=0><DATA=10><CTL=ACK> <-- ESTABLISHED
        FIN-WAIT-1  --> <SEQ=0><ACK=5><CTL=FIN,ACK>         --> CLOSE-WAIT
        FIN-WAIT-2  <-- <SEQ=5><ACK=1><CTL=ACK>             <-- CLOSE-WAIT
    """)
