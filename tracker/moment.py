"""The moment of a table: four ways to say it, one question to ask."""

from tracker.errors import UserError
from tracker.typed import NamedTuple

_NS_IN_S = 1_000_000_000

#: No time is later, ns since 1970, and none is as long before 1970: so the difference of any two,
#: and a time with a timer added to it, fit into 64 bits.  It is in the year 2116.
LAST = 2**62 - 1

FORMS = "epoch seconds, ISO 8601, +SECONDS from the first frame, or #FRAME"


class MomentError(UserError):
    """A text that says no moment."""


class Moment(NamedTuple):
    """As of when: exactly one of the three is given, or none: the end of the capture.

    time     ns since 1970
    after    ns after the first frame
    frame    number of the last frame that counts, from 1
    """

    time: int | None = None
    after: int | None = None
    frame: int | None = None

    def limit(self, first: int) -> int | None:
        """Return the latest time that counts, ns, where the first frame is at `first`."""
        return min(first + self.after, LAST) if self.after is not None else self.time


END = Moment()


def parse(text: str) -> Moment:
    """Return the moment that `text` says; ISO 8601 without an offset is UTC.

    Raises MomentError where it says none.
    """
    try:
        if text.startswith("#"):
            return Moment(frame=_natural(text[1:]))
        if text.startswith("+"):
            return Moment(after=_possible(_nanoseconds(text[1:])))
        if text.replace(".", "", 1).isdigit():
            return Moment(time=_possible(_nanoseconds(text)))
        return Moment(time=_possible(_iso(text)))
    except (ValueError, OverflowError):
        raise MomentError(f"{text!r} is no moment; give {FORMS}") from None


def _possible(moment: int) -> int:
    if not 0 <= moment <= LAST:
        raise ValueError(moment)
    return moment


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(text)
    return int(text)


def _nanoseconds(text: str) -> int:
    """Return decimal seconds as ns, without the rounding of a float."""
    seconds, _, fraction = text.partition(".")
    if not (seconds or fraction) or not (seconds + fraction).isdecimal():
        raise ValueError(text)
    return int(seconds or 0) * _NS_IN_S + int(fraction[:9].ljust(9, "0"))


def _iso(text: str) -> int:
    from datetime import UTC, datetime  # here, because few runs need it

    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    whole = moment.replace(microsecond=0)
    return int(whole.timestamp()) * _NS_IN_S + _iso_fraction(text)


def _iso_fraction(text: str) -> int:
    """Return the fraction of a second in an ISO 8601 text, ns (datetime keeps µs only)."""
    _, _, rest = text.replace(",", ".").partition(".")
    digits = ""
    for character in rest:
        if not character.isdecimal():
            break
        digits += character
    return int(digits[:9].ljust(9, "0")) if digits else 0
