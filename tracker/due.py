"""Whether time alone may change a connection, told from its place in the pool.

To unpack a connection costs more than to see that it would not change, and most do not.  What does
change, and how, only `rules.timing` and `Connection.is_idle` say.
"""

from tracker.endpoint import Profile
from tracker.layout import (
    ASKED_AT,
    COLD,
    COLD_WORDS,
    EXISTS,
    GAP,
    HOT,
    HOT_WORDS,
    LAST_SEEN,
    PACKETS,
    PENDING,
    READS,
    REST,
    SIMULTANEOUS,
    SINCE,
    STATE,
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
    if pool.small[8 * cold + PENDING] != NOTHING:
        return True
    state = pool.octets[8 * hot + STATE]
    timer = profile.timer(state)
    if state == SYN_RECEIVED and pool.octets[8 * (word + REST) + SIMULTANEOUS]:
        timer = profile.syn_sent
    if not timer or not pool.octets[8 * hot + EXISTS]:
        return False
    if state == FIN_WAIT_2 and pool.octets[8 * cold + READS]:
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
