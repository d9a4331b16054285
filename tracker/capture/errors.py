"""What can be wrong with a capture, as one line for the user."""


class CaptureError(Exception):
    """A capture that cannot be read: the message says what, where and what to do."""
