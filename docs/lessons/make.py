"""Write the pages of the lessons in LIST, from the captures in `pcaps/`.

Run it in the checkout, with tracker installed, after anything that a page shows has changed:

    python docs/lessons/make.py
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

LESSONS = Path(__file__).resolve().parent
PCAPS = LESSONS.parent.parent / "pcaps"


class Lesson(NamedTuple):
    """One line of the list."""

    name: str
    capture: str
    connections: str
    title: str

    def arguments(self, output: Path) -> list[str]:
        """Return the command line of `tracker` that writes the page to `output`."""
        chosen = [] if self.connections == "all" else ["--connection", self.connections]
        capture = str(PCAPS / self.capture)
        return ["lesson", capture, "-o", str(output), "--title", self.title, *chosen]


def lessons() -> Iterator[Lesson]:
    """Yield the lessons of the list."""
    for line in (LESSONS / "LIST").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield Lesson(*line.split(maxsplit=3))


def main() -> None:
    """Write all pages."""
    for lesson in lessons():
        page = LESSONS / f"{lesson.name}.html"
        command = [sys.executable, "-P", "-m", "tracker", *lesson.arguments(page)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
