"""The pages of `docs/lessons`: each is what `tracker lesson` writes now, and is linked."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
from captures import CHECKOUT, PCAPS, run_here

LESSONS = CHECKOUT / "docs" / "lessons"

_SPEC = importlib.util.spec_from_file_location("make", LESSONS / "make.py")
assert _SPEC is not None
assert _SPEC.loader is not None
make = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(make)

#: The captures that a class needs: the issue's list.
NEEDED = {
    "ftp-and-web.pcap",
    "handshake.pcap",
    "client-closes-first.pcap",
    "server-closes-first.pcap",
    "simultaneous-close.pcap",
    "refused.pcap",
    "aborted-by-client.pcap",
    "dns-lookup.pcap",
    "scan.pcap",
}


@pytest.mark.parametrize("lesson", list(make.lessons()), ids=lambda lesson: lesson.name)
def test_page_is_current(lesson: Any, tmp_path: Path) -> None:
    written = tmp_path / "page.html"
    assert run_here(*lesson.arguments(written)).status == 0
    committed = (LESSONS / f"{lesson.name}.html").read_text(encoding="utf-8")
    assert written.read_text(encoding="utf-8") == committed, "run docs/lessons/make.py"


def test_every_lesson_is_there_and_linked() -> None:
    names = [lesson.name for lesson in make.lessons()]
    assert {lesson.capture for lesson in make.lessons()} >= NEEDED
    assert {path.stem for path in LESSONS.glob("*.html")} == set(names)
    readme = (LESSONS / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((\S+)\.html\)", readme) == names
    for lesson in make.lessons():
        assert f"[{lesson.title}]" in readme
        assert (PCAPS / lesson.capture).is_file()
    assert "docs/lessons/README.md" in (CHECKOUT / "README.md").read_text(encoding="utf-8")
