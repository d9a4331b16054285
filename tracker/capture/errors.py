"""What can be wrong with a capture, as one line for the user."""

from tracker.errors import UserError


class CaptureError(UserError):
    """A capture that cannot be read: the message says what, where and what to do."""


class FilterError(UserError):
    """A filter that cannot be used: the message says why, and what to do."""


class Damage(Exception):  # noqa: N818 - no error: what was read before it counts
    """Where a capture cannot be read further: the message says at which octet, and why."""
