"""What goes wrong for reasons that the user can do something about."""


class UserError(Exception):
    """Told in one line, without a traceback: the message says what, where and what to do."""


class UsageError(UserError):
    """A use that makes no sense."""
