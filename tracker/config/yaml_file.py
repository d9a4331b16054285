"""Values from a YAML file, with the line of each; every problem is a ConfigError that names it.

Aliases are refused, because a few lines of them can make billions of values; so are files that are
larger and deeper than any configuration.
"""

from collections.abc import Iterator

from tracker.config import ConfigError
from tracker.typed import Any, NamedTuple

Path = tuple[str | int, ...]

#: How large a file may be, octets: enough for some ten thousand hosts.
LARGEST = 1 << 20

#: How long a value or a name may be, characters: longer ones can take long to make numbers of.
LONGEST = 1000

#: How deep lists and mappings may stand in each other; settings need three.
DEEPEST = 8

_TAGS = {"MappingNode": "tag:yaml.org,2002:map", "SequenceNode": "tag:yaml.org,2002:seq"}


class Given(NamedTuple):
    """What a file says: values by their names, and the line of each of them and of their parts."""

    values: dict[str, Any]
    lines: dict[Path, int]


def read_yaml(path: str) -> Given:
    """Return what the YAML file `path` says; raise ConfigError where it cannot be read."""
    import yaml  # here, because most runs need no YAML and should not wait for it

    text = _text(path)
    kind = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _refuse_excess(path, yaml.parse(text, kind))
        loader = kind(text)
        return _Reader(path, loader).read(loader.get_single_node())
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        hint = "; IPv6 addresses need quotes" if _has_colons(text, line) else ""
        problem = printable(error.problem or "")
        raise ConfigError(f"{path}: line {line}: not YAML: {problem}{hint}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{path}: line {line}: not YAML: {error.reason}") from None


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            octets = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # a null in the name is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{path}: cannot be read: {reason}") from None
    if len(octets) > LARGEST:
        raise ConfigError(f"{path}: larger than {LARGEST} octets, and no file of settings")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path}: line {line}: not YAML: octet {error.start} is not UTF-8"
        ) from None


def printable(text: str) -> str:
    """Return a text that fits into a line and does nothing to a terminal."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def _has_colons(text: str, line: int) -> bool:
    return "::" in "".join(text.split("\n")[line - 1 : line])


def _refuse_excess(path: str, events: Iterator[Any]) -> None:
    """Raise ConfigError for aliases, and where lists and mappings are too deep in each other."""
    import yaml

    depth = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError(f"{path}: line {line}: aliases (*{event.anchor}) are not allowed")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ConfigError(f"{path}: line {line}: more than {DEEPEST} levels")


class _Reader:
    """Makes values of the nodes of a file."""

    def __init__(self, path: str, loader: Any) -> None:  # noqa: ANN401 - a loader of yaml
        self._path = path
        self._loader = loader
        self._lines: dict[Path, int] = {}

    def read(self, node: Any) -> Given:  # noqa: ANN401 - a node of yaml, or None
        """Return what stands in the file's only node."""
        value = None if node is None else self._value(node, ())
        if value is None:
            value = {}  # nothing but comments
        if not isinstance(value, dict):
            raise ConfigError(f"{self._path}: line 1: settings are lines of `name: value`")
        return Given(value, self._lines)

    def _value(self, node: Any, path: Path) -> Any:  # noqa: ANN401
        kind = type(node).__name__
        if kind in _TAGS and node.tag != _TAGS[kind]:
            raise self._wrong(node, f"nothing is known of {node.tag}")
        if kind == "MappingNode":
            return self._mapping(node, path)
        if kind == "SequenceNode":
            return [self._item(item, (*path, number)) for number, item in enumerate(node.value)]
        self._check_length(node)
        try:
            return self._loader.construct_object(node)
        except ValueError as error:
            raise self._wrong(node, f"{error}") from None

    def _item(self, node: Any, path: Path) -> Any:  # noqa: ANN401
        self._lines[path] = node.start_mark.line + 1
        return self._value(node, path)

    def _mapping(self, node: Any, path: Path) -> dict[str, Any]:  # noqa: ANN401
        """Return a mapping; its names are what stands there, be it a word of YAML or a number."""
        values = {}
        for name, value in node.value:
            if not isinstance(name.value, str):
                raise self._wrong(name, "a list or mapping where a name should be")
            self._check_length(name)
            here = *path, name.value
            line = name.start_mark.line + 1
            first = self._lines.setdefault(here, line)
            if name.value in values:
                what = f"{printable(': '.join(map(str, here)))} stands in line {first} already"
                raise ConfigError(f"{self._path}: line {line}: {what}")
            values[name.value] = self._value(value, here)
        return values

    def _check_length(self, node: Any) -> None:  # noqa: ANN401
        if len(node.value) > LONGEST:
            line = node.start_mark.line + 1
            raise ConfigError(f"{self._path}: line {line}: longer than {LONGEST} characters")

    def _wrong(self, node: Any, what: str) -> ConfigError:  # noqa: ANN401
        line = node.start_mark.line + 1
        return ConfigError(f"{self._path}: line {line}: not YAML: {printable(what)}")
