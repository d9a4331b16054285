"""A quiz on paper: the questions on a sheet, the answers and their reasons on another."""

from collections.abc import Iterator
from html import escape
from textwrap import wrap

from tracker.lesson.paint import safe
from tracker.lesson.questions import Question

LETTERS = "abcd"
_WIDTH = 78

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 12pt/1.5 sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }}
li {{ margin-bottom: 1rem; break-inside: avoid; overflow-wrap: anywhere; }}
ol ol {{ list-style: lower-alpha; }}
ol ol li {{ margin-bottom: 0; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{about}</p>
<ol>
{items}
</ol>
</body>
</html>
"""


def _plain(name: str) -> str:
    """Return the name of a file as it can be written, and steers no terminal."""
    return safe(name.encode("utf-8", "backslashreplace").decode("utf-8"))


def sheet(name: str, found: list[Question], seed: int, is_html: bool) -> str:
    """Return the sheet of questions about the capture `name`, without their answers."""
    title = f"Questions about {_plain(name)}"
    about = f"One answer of each is right. Name: ____________________  (seed {seed})"
    if is_html:
        return _page(title, about, (_question_item(question) for question in found))
    return _text(title, about, (_question_lines(*each) for each in enumerate(found, 1)))


def key(name: str, found: list[Question], seed: int, is_html: bool) -> str:
    """Return the answers, with their reasons."""
    title = f"Answers: {_plain(name)}"
    about = f"They belong to the sheet with seed {seed}."
    if is_html:
        return _page(title, about, (f"<li>{escape(_answer(question))}</li>" for question in found))
    return _text(title, about, (_key_lines(*each) for each in enumerate(found, 1)))


def _answer(question: Question) -> str:
    right = question.choices[question.answer]
    return f"{LETTERS[question.answer]}: {right}. {question.reason}"


def _page(title: str, about: str, items: Iterator[str]) -> str:
    return _PAGE.format(title=escape(title), about=escape(about), items="\n".join(items))


def _question_item(question: Question) -> str:
    choices = "".join(f"<li>{escape(choice)}</li>" for choice in question.choices)
    return f"<li>{escape(question.text)}<ol>{choices}</ol></li>"


def _text(title: str, about: str, items: Iterator[Iterator[str]]) -> str:
    blocks = ["\n".join(item) for item in items]
    return "\n\n".join([title, about, *blocks]) + "\n"


def _question_lines(number: int, question: Question) -> Iterator[str]:
    yield from wrap(f"{number}. {question.text}", _WIDTH, subsequent_indent="   ")
    for letter, choice in zip(LETTERS, question.choices, strict=False):
        yield from wrap(f"   [ ] {letter}  {choice}", _WIDTH, subsequent_indent="          ")


def _key_lines(number: int, question: Question) -> Iterator[str]:
    yield from wrap(f"{number}. {_answer(question)}", _WIDTH, subsequent_indent="   ")
