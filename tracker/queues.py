"""Who goes first when the table is full: queues of connections, the oldest first.

They are chained through the places of the pool.
"""

from array import array

from tracker.layout import LAST_SEEN, NEWER, OLDER, QUEUE, QUEUES, WORDS
from tracker.pool import Pool
from tracker.words import NOTHING

# Among how many of those that wait longest the one idle longest is found.
_SAMPLE = 64


class Queues:
    """The queues of the connections in `pool`, by number (`layout.EMBRYONIC` and so on).

    heads     place of the oldest in each, NOTHING where there is none
    lengths   how many there are in each
    """

    def __init__(self, pool: Pool) -> None:
        self.heads = array("q", [NOTHING] * QUEUES)
        self.lengths = array("q", [0] * QUEUES)
        self._tails = array("q", [NOTHING] * QUEUES)
        self._pool = pool

    def put(self, place: int, queue: int) -> None:
        """Append the connection at `place` to `queue`, unless it is in that one."""
        if self._pool.small[8 * place * WORDS + QUEUE] != queue:
            self.take_out(place)
            self._append(place, queue)

    def renew(self, place: int, queue: int) -> None:
        """Move the connection at `place` to the end of `queue`, in which it is."""
        if self._tails[queue] != place:
            at = 2 * place * WORDS
            self._join(queue, self._pool.links[at + OLDER], self._pool.links[at + NEWER])
            self._come_last(place, queue)

    def _append(self, place: int, queue: int) -> None:
        self.lengths[queue] += 1
        self._pool.small[8 * place * WORDS + QUEUE] = queue
        self._come_last(place, queue)

    def _come_last(self, place: int, queue: int) -> None:
        last = self._tails[queue]
        at = 2 * place * WORDS
        self._pool.links[at + OLDER] = last
        self._pool.links[at + NEWER] = NOTHING
        self._tails[queue] = place
        if last < 0:
            self.heads[queue] = place
        else:
            self._pool.links[2 * last * WORDS + NEWER] = place

    def take_out(self, place: int) -> None:
        """Take the connection at `place` out of its queue, if it is in one."""
        at = place * WORDS
        queue = self._pool.small[8 * at + QUEUE]
        if queue >= 0:
            self._pool.small[8 * at + QUEUE] = NOTHING
            self.lengths[queue] -= 1
            self._join(queue, self._pool.links[2 * at + OLDER], self._pool.links[2 * at + NEWER])

    def _join(self, queue: int, older: int, newer: int) -> None:
        """Let `newer` follow `older`; NOTHING stands for an end of `queue`."""
        if older < 0:
            self.heads[queue] = newer
        else:
            self._pool.links[2 * older * WORDS + NEWER] = newer
        if newer < 0:
            self._tails[queue] = older
        else:
            self._pool.links[2 * newer * WORDS + OLDER] = older

    def idle_longest(self, queue: int) -> int:
        """Return the place of the longest idle of those that wait longest; others queue anew."""
        times, links = self._pool.times, self._pool.links
        best = place = self.heads[queue]
        for _ in range(min(_SAMPLE, self.lengths[queue])):
            if times[place * WORDS + LAST_SEEN] < times[best * WORDS + LAST_SEEN]:
                best = place
            place = links[2 * place * WORDS + NEWER]
        self._turn(queue, _SAMPLE % self.lengths[queue])
        return best

    def _turn(self, queue: int, count: int) -> None:
        """Let the first `count` of `queue`, not all of them, queue anew in their order."""
        links = self._pool.links
        first, last = self.heads[queue], NOTHING
        for _ in range(count):
            last = self.heads[queue]
            self.heads[queue] = links[2 * last * WORDS + NEWER]
        if last >= 0:
            links[2 * self._tails[queue] * WORDS + NEWER] = first
            links[2 * first * WORDS + OLDER] = self._tails[queue]
            links[2 * last * WORDS + NEWER] = NOTHING
            links[2 * self.heads[queue] * WORDS + OLDER] = NOTHING
            self._tails[queue] = last
