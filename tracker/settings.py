"""The command `config`: the settings in force, and where each comes from."""

import argparse
import sys
from collections.abc import Iterator, Mapping

from tracker.config import shipped
from tracker.config.explained import explanations
from tracker.config.given import FILE, OPTION, PROFILE, InForce, Origin, in_force
from tracker.config.schema import as_json, schema
from tracker.config.yaml_file import printable
from tracker.typed import Any

FINE = 0

# How wide a list may be before it goes on in the next line.
_WIDTH = 100


def show(options: argparse.Namespace) -> int:
    """Print what the options ask for and return the exit status; raises ConfigError."""
    sys.stdout.writelines(f"{line}\n" for line in _lines(options))
    return FINE


def _lines(options: argparse.Namespace) -> Iterator[str]:
    if options.default:
        return _default()
    if options.schema:
        return _schema()
    settings = in_force(options.config, options.profile)
    return _records(settings) if options.json else _file(settings)


def _default() -> Iterator[str]:
    """Yield the lines of the file that is shipped."""
    with open(shipped("tracker.yaml"), encoding="utf-8") as file:
        yield from file.read().splitlines()


def _schema() -> Iterator[str]:
    import json

    yield json.dumps(schema(), indent=2)


def _records(settings: InForce) -> Iterator[str]:
    """Yield a JSON object for each setting."""
    import json

    for name, told in explanations().items():
        origin = settings.origins[name]
        yield json.dumps(
            {
                "setting": name,
                "value": as_json(getattr(settings.config, name)),
                "unit": None if told.unit == "none" else told.unit,
                "origin": origin.kind,
                "name": origin.name or None,
                "line": origin.line or None,
            }
        )


# --- as a file ----------------------------------------------------------------------------------


def _file(settings: InForce) -> Iterator[str]:
    """Yield the lines of a file that has all settings in force."""
    yield from _heading(settings)
    for name, told in explanations().items():
        unit = "" if told.unit == "none" else f"{told.unit}; "
        comment = f"# {unit}{_origin(settings.origins[name])}"
        yield from _setting(name, getattr(settings.config, name), comment)


def _heading(settings: InForce) -> Iterator[str]:
    if settings.file is not None:
        yield f"# settings in force, with the file {printable(settings.file)}"
    else:
        yield "# settings in force, without a file; there is none of these:"
        yield from (f"#   {printable(path)}" for path in settings.looked)
    yield ""


def _origin(origin: Origin) -> str:
    if origin.kind == FILE:
        return f"{printable(origin.name)}, line {origin.line}"
    if origin.kind == PROFILE:
        return f"profile {origin.name}"
    return origin.name if origin.kind == OPTION else origin.kind


def _setting(name: str, value: Any, comment: str) -> Iterator[str]:  # noqa: ANN401 - any setting's
    """Yield the lines of a setting: a list or mapping that is long goes over several."""
    if isinstance(value, tuple):
        yield from _in_brackets(name, "[]", [_quoted(item) for item in value], comment)
    elif isinstance(value, Mapping):
        items = [f"{_quoted(key)}: [{', '.join(map(_quoted, value[key]))}]" for key in value]
        yield from _in_brackets(name, "{}", items, comment)
    else:
        yield f"{name}: {_scalar(value)}  {comment}"


def _scalar(value: str | float) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = f"{value}"
    return text if "." in text else text.replace("e", ".0e")  # what YAML 1.1 takes for a number


def _in_brackets(name: str, brackets: str, items: list[str], comment: str) -> Iterator[str]:
    if not items:
        yield f"{name}: {brackets}  {comment}"
        return
    yield f"{name}: {brackets[0]}  {comment}"
    line = " "
    for item in items:
        if len(line) + len(item) + 2 > _WIDTH and line.strip():
            yield line
            line = " "
        line += f" {item},"
    yield line
    yield brackets[1]


def _quoted(item: object) -> str:
    """Return an item of a list as YAML takes it, whatever it holds: addresses have colons."""
    return f"{item}" if isinstance(item, int) else f"'{item}'"
