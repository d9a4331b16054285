"""Whether time alone may change a connection, told from its place in the pool.

To unpack a connection costs more than to see that it would not change, and most do not.  What does
change, and how, only `rules.timing` and `Connection.is_idle` say.
"""

from tracker.endpoint import Profile
from tracker.layout import (
    ADDED,
    ASKED_AT,
    COLD,
    COLD_WORDS,
    ENDS,
    EXISTS,
    FLAGS,
    GAP,
    HOT,
    HOT_WORDS,
    KNOWN,
    LAST_SEEN,
    PACKETS,
    PENDING,
    PENDING_BITS,
    READS,
    REST,
    SIMULTANEOUS,
    SINCE,
    STATE_BITS,
    WORDS,
)
from tracker.pool import Pool
from tracker.rules.timing import end_of_state
from tracker.words import FIN_WAIT_2, NOTHING, SYN_RECEIVED


def is_due(pool: Pool, place: int, now: int, profile: Profile) -> bool:
    """Return whether `settle` may change the connection of TCP at `place` by `now` (ns)."""
    word = place * WORDS
    return _has_ended(pool, word, word + HOT, word + COLD, now, profile) or _has_ended(
        pool, word, word + HOT + HOT_WORDS, word + COLD + COLD_WORDS, now, profile
    )


def _has_ended(pool: Pool, word: int, hot: int, cold: int, now: int, profile: Profile) -> bool:
    """Return whether the state of an endpoint may have ended, or a doubt about it."""
    known = pool.numbers[2 * hot + KNOWN]
    if known >> PENDING & PENDING_BITS != NOTHING + ADDED:
        return True
    state = known & STATE_BITS
    timer = profile.timer(state)
    if state == SYN_RECEIVED and pool.numbers[2 * (word + REST) + ENDS] & SIMULTANEOUS:
        timer = profile.syn_sent
    flags = pool.numbers[2 * hot + FLAGS]
    if not timer or not flags & EXISTS:
        return False
    if state == FIN_WAIT_2 and flags & READS:
        return False
    return now >= end_of_state(
        state,
        pool.times[cold + SINCE],
        timer,
        pool.times[cold + ASKED_AT],
        pool.times[cold + GAP],
        profile.initial_rto,
    )


def is_idle(pool: Pool, place: int, now: int, unreplied: int, replied: int) -> bool:
    """Return whether the pseudo-connection at `place` has ended by `now`; all ns."""
    word = place * WORDS
    quiet = now - pool.times[word + LAST_SEEN]
    if quiet <= unreplied and quiet <= replied:
        return False
    hot = word + HOT
    both = pool.words[hot + PACKETS] and pool.words[hot + HOT_WORDS + PACKETS]
    return quiet > (replied if both else unreplied)
