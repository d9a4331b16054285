"""The lesson page: one HTML file that asks for nothing else.

All of the capture is in it as JSON, which the script shows as text only.  The page's policy
(Content-Security-Policy, level 3) lets run nothing but the one script and the one style that stand
here, known by their hashes, and lets nothing be loaded.
"""

import json
from base64 import b64encode
from html import escape
from importlib import resources

from tracker.typed import Any

#: The script, in the order in which its files need each other: all of it is one closure.
SCRIPT = (
    "elements.js",
    "lesson.js",
    "words.js",
    "netstat.js",
    "frame.js",
    "sequence.js",
    "diagram.js",
    "ports.js",
    "quiz.js",
    "controls.js",
)

# What could end the element that the JSON stands in, and what older scripts take for ends of lines.
_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def page(model: dict[str, Any]) -> str:
    """Return the page for what `model.Lesson.model` has made."""
    style = _asset("page.css")
    script = _script()
    parts = {
        "title": escape(model["title"]),
        "policy": escape(policy(script, style)),
        "style": style,
        "lesson": data(model),
        "script": script,
    }
    text = _asset("page.html")
    pieces = text.split("{{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("}}")
        filled += [parts[name], rest]
    return "".join(filled)


def data(model: dict[str, Any]) -> str:
    """Return JSON that cannot leave the element it stands in (HTML section 4.12.1.3)."""
    text = json.dumps(model, separators=(",", ":"))
    return text.translate(_ESCAPED)


def policy(script: str, style: str) -> str:
    """Return the Content-Security-Policy of the page."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _script() -> str:
    """Return the script: all its files in one closure."""
    files = "\n".join(map(_asset, SCRIPT))
    return f'(() => {{\n"use strict";\n\n{files}}})();\n'


def _asset(name: str) -> str:
    """Return a file of the page."""
    return resources.files("tracker.lesson").joinpath("assets", name).read_text("utf-8")


def _hash(text: str) -> str:
    """Return what a policy calls a text that it allows (CSP level 3 section 2.3.1)."""
    from hashlib import sha256

    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}"
