"""Frames from an interface through the meter, as they come, and into a file."""

import select

from tracker.capture.live import LiveCapture
from tracker.capture.packet_socket import RETIRE
from tracker.capture.recorder import Recorder
from tracker.capture.steady import SteadyClock
from tracker.frames import Frames
from tracker.meter import Meter

_NS_IN_MS = 1_000_000

#: How long after it was captured a frame is here, at the latest, ns.
DELAY = 2 * RETIRE * _NS_IN_MS

# How often to look after the interface, and to count what was dropped, ns.
_INTERVAL = 1_000_000_000


class Watch:
    """What is watched, and how that goes.

    interface    its name
    kept         how much of a frame is kept, for people
    clock        times of frames and tables, in ns since 1970, without jumps
    meter        decodes and tracks
    count        how many frames to take in all, None for no limit
    is_up        whether the interface is there and up
    dropped_by_kernel, dropped_by_interface
                 frames that were dropped before they came here, None where that is not told
    loss         when that was noticed last, ns; 0 for never
    news         what happened that the user should know, a line each; those who tell it empty it
    """

    def __init__(
        self,
        capture: LiveCapture,
        meter: Meter,
        recorder: Recorder | None,
        clock: SteadyClock,
        count: int | None,
    ) -> None:
        self.interface = capture.interface.name
        self.kept = capture.kept()
        self.clock = clock
        self.meter = meter
        self.count = count
        self.is_up = True
        self.dropped_by_kernel: int | None = None
        self.dropped_by_interface: int | None = None
        self.loss = 0
        self.news: list[str] = []
        self._capture = capture
        self._recorder = recorder
        self._blocks = capture.blocks()
        self._frames: Frames | None = None
        self._at = 0  # the first frame of the block that was not taken in
        self._look = 0  # when to look after the interface again
        self._jump = 0
        self._is_unrecorded = False

    @property
    def is_done(self) -> bool:
        """Whether as many frames were taken in as are wanted."""
        return self.count is not None and self.meter.frames >= self.count

    def wait(self, until: int, *others: int) -> None:
        """Wait until there are frames, one of the file descriptors `others` is ready, or a time.

        The clock is that of the frames.
        """
        poll = select.poll()
        for number in (self._capture.fileno(), *others):
            poll.register(number, select.POLLIN)
        pause = min(until, self._look) - self.clock.now()
        for _, events in poll.poll(max(0, min(pause, _INTERVAL)) / _NS_IN_MS):
            if events & ~select.POLLIN:
                self._look = 0  # the interface is down, or gone

    def take(self, until: int | None = None) -> bool:
        """Take in the frames that are here, those later than `until` (ns) not yet.

        Returns whether there are such.
        """
        self._look_after()
        while not self.is_done and self._has_frames():
            frames = self._frames
            assert frames is not None
            end = frames.count if until is None else frames.run_until(self._at, until)
            if self.count is not None:
                end = min(end, self._at + self.count - self.meter.frames)
            self._feed(frames, self._at, end)
            self._at = end
            if end < frames.count:
                return True
        return False

    def catch_up(self, moment: int) -> None:
        """Take in all frames up to `moment` (ns): some are here a little later."""
        while not self.take(moment) and not self.is_done and self.clock.now() < moment + DELAY:
            self.wait(moment + DELAY)

    def finish(self, moment: int) -> None:
        """Count what was dropped, once more, and close the file: all is over at `moment` (ns)."""
        self._look = 0
        self._look_after()
        if self._recorder is not None:
            self._recorder.finish(
                self.meter.frames,
                self.dropped_by_interface,
                self.dropped_by_kernel,
                self.meter.started,
                moment,
            )

    def _has_frames(self) -> bool:
        """Return whether a block has frames that were not taken in; find the next one."""
        if self._frames is None or self._at >= self._frames.count:
            self._frames = next(self._blocks)
            self._at = 0
            if self._frames is not None:
                self.clock.steady(self._frames)
        return self._frames is not None

    def _feed(self, frames: Frames, first: int, last: int) -> None:
        for start, end in self._capture.runs(frames, first, last):
            if self._recorder is not None:
                self._recorder.write(frames, start, end)
            self.meter.feed(frames, start, end)

    def _look_after(self) -> None:
        """Look after the interface, now and then."""
        now = self.clock.now()
        if now < self._look:
            return
        self._look = now + _INTERVAL
        self._look_after_interface()
        self._count_drops()
        if self.clock.jump != self._jump:
            seconds = (self.clock.jump - self._jump) / 1e9
            self.news.append(
                f"the system's clock was set by {seconds:+.1f} s; times are told as if it had not"
            )
            self._jump = self.clock.jump
        if self._recorder is not None and self._recorder.problem and not self._is_unrecorded:
            self.news.append(self._recorder.problem)
            self._is_unrecorded = True

    def _look_after_interface(self) -> None:
        was_up = self.is_up
        self.is_up = self._capture.look_after()
        if self.is_up != was_up:
            what = "is back" if self.is_up else "is down or gone; waiting for it to come back"
            self.news.append(f"{self.interface} {what}")

    def _count_drops(self) -> None:
        before = self.dropped_by_kernel, self.dropped_by_interface
        self.dropped_by_kernel = self._capture.dropped_by_kernel()
        self.dropped_by_interface = self._capture.dropped_by_interface()
        now = self.dropped_by_kernel, self.dropped_by_interface
        if now != before and any(now):
            self.loss = self.clock.now()
