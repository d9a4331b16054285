"""Saved captures played step by step: what the commands that teach have in common."""

import argparse
import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial

from tracker.capture.saved import SavedCapture, in_time_order
from tracker.capture.stop import Stop
from tracker.lesson.choice import Chosen, parse
from tracker.lesson.sight import Sight
from tracker.lesson.steps import Step, Steps
from tracker.meter import Meter
from tracker.moment import END, Moment
from tracker.names.services import load_services
from tracker.tables import flow_table, in_force, meter_before
from tracker.tell import tell_warnings
from tracker.typed import NamedTuple


class Played(NamedTuple):
    """Captures that are played: their steps, once, and what reads them."""

    steps: Iterator[Step]
    meter: Meter
    captures: list[SavedCapture]

    def tell_end(self) -> None:
        """Say what is wrong with the captures; raise CaptureError where nothing could be read."""
        tell_warnings(self.captures)


@contextmanager
def played(
    options: argparse.Namespace, when: Moment = END, choices: Sequence[Chosen] = ()
) -> Iterator[Played]:
    """Open the files that `options` name, and play them until `when`.

    Of the connections that are among `choices`, where there are some.  Raises CaptureError for
    what is no capture, ConfigError for settings that are wrong.
    """
    gc.enable()  # `cli` does without; what dissects frames makes cycles
    config = in_force(options)
    meter = meter_before(flow_table(config, keep_ended=False), config)
    with ExitStack() as files:
        stop = files.enter_context(Stop())
        captures = [
            files.enter_context(closing(SavedCapture(path, False, stop))) for path in options.files
        ]
        ports = frozenset(config.service_ports)
        steps = Steps(meter, ports, partial(takes, choices) if choices else None)
        yield Played(steps.play(in_time_order(captures), when), meter, captures)


def chosen(texts: Iterable[str]) -> list[Chosen]:
    """Return which connections are asked for; raise UserError for what says none."""
    texts = list(texts)
    services = load_services()
    return [parse(text, services) for text in texts]


def takes(choices: Sequence[Chosen], connection: Sight) -> bool:
    """Return whether `connection` is among `choices`."""
    return any(choice.takes(connection) for choice in choices)
