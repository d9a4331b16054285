"""What a capture says beside its frames: interfaces, names, comments, drops."""

from tracker.typed import NamedTuple

#: How many of each are kept; what is left out of comments and names is counted.
MAX_COMMENTS = 1000
MAX_NAMES = 1 << 16
MAX_LISTED = 1 << 12

#: How many octets of text are kept, in all.
MAX_TEXT = 1 << 26


class Comment(NamedTuple):
    """What somebody wrote into a capture.

    place     what it is about: "section", "interface", "frame", "statistics", "names"
    number    which one in the file: sections and frames from 1, interfaces of a section from 0
    """

    place: str
    number: int
    text: str


class Drops(NamedTuple):
    """How many frames are missing, each None where the capture does not say.

    interface    dropped by the interface, for want of resources
    kernel       dropped by the operating system
    between      of either kind, as told frame by frame
    """

    interface: int | None = None
    kernel: int | None = None
    between: int | None = None


class InterfaceAbout(NamedTuple):
    """One interface that was captured from.

    section        number of its section, from 1
    number         its number there, from 0
    snap_length    octets to which frames were cut, 0 for no limit
    filter         which frames were captured, in words, or ""
    received, dropped, accepted, dropped_by_kernel
                   its last counters of frames, None where they are not told
    """

    section: int
    number: int
    name: str
    link_type: int
    snap_length: int
    filter: str
    received: int | None = None
    dropped: int | None = None
    accepted: int | None = None
    dropped_by_kernel: int | None = None


class About:
    """What was learned so far from one capture beside its frames."""

    def __init__(self) -> None:
        self.comments: list[Comment] = []
        self.comments_left_out = 0
        self.names_left_out = 0
        self._names: dict[str, dict[str, None]] = {}  # in the order in which they came
        self._name_count = 0
        self._text = 0
        self.interfaces: dict[tuple[int, int], InterfaceAbout] = {}
        self._snap_lengths: dict[int, None] = {}
        self.drops = Drops()
        self.bad_options = 0

    @property
    def names(self) -> dict[str, list[str]]:
        """The names of each address."""
        return {address: list(names) for address, names in self._names.items()}

    @property
    def snap_lengths(self) -> list[int]:
        """To how many octets frames were cut."""
        return list(self._snap_lengths)

    def add_comment(self, place: str, number: int, text: bytes) -> None:
        """Keep a comment (UTF-8)."""
        if len(self.comments) < MAX_COMMENTS and self._has_room(len(text)):
            self.comments.append(Comment(place, number, _text(text)))
        else:
            self.comments_left_out += 1

    def add_name(self, address: str, name: bytes) -> None:
        """Keep a name of an address (UTF-8)."""
        text = _text(name)
        names = self._names.get(address, {})
        if text in names:
            return
        if self._name_count == MAX_NAMES or not self._has_room(len(name)):
            self.names_left_out += 1
            return
        self._name_count += 1
        names[text] = None
        self._names[address] = names

    def _has_room(self, octets: int) -> bool:
        """Return whether so many octets of text may be kept, and count them then."""
        if self._text + octets > MAX_TEXT:
            return False
        self._text += octets
        return True

    def add_snap_length(self, octets: int) -> None:
        """Note to how many octets frames were cut."""
        if len(self._snap_lengths) < MAX_LISTED:
            self._snap_lengths[octets] = None

    def set_interface(self, interface: InterfaceAbout) -> None:
        """Note an interface, or what is new about it: the last counters count."""
        key = interface.section, interface.number
        before = self.interfaces.get(key)
        self.drops = Drops(
            _replaced(self.drops.interface, before and before.dropped, interface.dropped),
            _replaced(
                self.drops.kernel, before and before.dropped_by_kernel, interface.dropped_by_kernel
            ),
            self.drops.between,
        )
        if before is not None or self._may_list(interface):
            self.interfaces[key] = interface
            self.add_snap_length(interface.snap_length)

    def _may_list(self, interface: InterfaceAbout) -> bool:
        return len(self.interfaces) < MAX_LISTED and self._has_room(
            len(interface.name) + len(interface.filter)
        )

    def add_drops(self, count: int) -> None:
        """Note frames that are missing before the next one."""
        self.drops = self.drops._replace(between=(self.drops.between or 0) + count)

    def warnings(self) -> list[str]:
        """Return what was left out or could not be read, a line each."""
        lines = []
        if self.comments_left_out:
            lines.append(
                f"comments left out: {self.comments_left_out} ({len(self.comments)} are kept)"
            )
        if self.names_left_out:
            lines.append(f"names left out: {self.names_left_out} ({self._name_count} are kept)")
        if self.bad_options:
            lines.append(f"blocks whose options or names reach beyond them: {self.bad_options}")
        return lines


def _text(octets: bytes) -> str:
    return octets.rstrip(b"\0").decode("utf-8", "replace")


def _replaced(total: int | None, before: int | None, now: int | None) -> int | None:
    """Return a total in which one part was `before` and is `now`."""
    if now is None:
        return total
    return (total or 0) - (before or 0) + now
