"""The command `audit`: the connections of captures, or of an interface, that nothing explains."""

import argparse

from tracker import whose
from tracker.audit import kernel
from tracker.errors import UsageError


def audit(options: argparse.Namespace) -> int:
    """Run the command with its `options` and return the exit status.

    Raises the exceptions that `cli` tells in one line.
    """
    whose.refuse(options)
    kernel.refuse(options)
    options.resolve = False  # nothing is sent
    if options.interface is not None:
        if options.files:
            raise UsageError("-i watches an interface and FILE is read; give one of them")
        from tracker.audit.auditing import watch

        return watch(options)
    if not options.files:
        raise UsageError("name a capture to audit, or an interface with -i")
    from tracker.audit.reading import read

    return read(options)
