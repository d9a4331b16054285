"""The command `interfaces`: what can be listened to."""

import argparse
import sys

from tracker.capture.interfaces import default_interface, interfaces
from tracker.errors import UserError
from tracker.report.interfaces import json_lines, table

FINE, NOTHING_TO_SHOW = 0, 1


def show(options: argparse.Namespace) -> int:
    """Print the interfaces, as JSON lines with `options.json`; return the exit status."""
    found = interfaces()
    try:
        default = default_interface()
    except UserError:
        default = None  # without a default route none is marked
    lines = json_lines(found, default) if options.json else table(found, default)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return FINE if found else NOTHING_TO_SHOW
