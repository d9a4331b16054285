"""Named tuples of `tracker.typed` are like those of `typing`, which they stand in for."""

import pickle
import typing

from tracker import typed
from tracker.config import Config


class Ours(typed.NamedTuple):
    """Two fields."""

    first: int
    second: str = "none"

    def text(self) -> str:
        return f"{self.first} {self.second}"


class Theirs(typing.NamedTuple):
    """Two fields."""

    first: int
    second: str = "none"

    def text(self) -> str:
        return f"{self.first} {self.second}"


def test_named_tuples_are_those_of_typing() -> None:
    for kind in (Ours, Theirs):
        assert kind.__bases__ == (tuple,)
        assert kind.__doc__ == "Two fields."
        assert kind.__module__ == __name__
        assert kind._fields == ("first", "second")
        assert kind._field_defaults == {"second": "none"}
        assert kind.__annotations__ == {"first": int, "second": str}
        assert kind(1) == (1, "none")
        assert kind(1).text() == "1 none"
        assert kind(1)._replace(second="two").text() == "1 two"
    assert repr(Ours(1)).replace("Ours", "Theirs") == repr(Theirs(1))


def test_named_tuples_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Config())) == Config()  # noqa: S301 - they are ours
