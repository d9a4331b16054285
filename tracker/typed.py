"""What annotations need of `typing`, without loading it: that would take a tenth of a short run.

Type checkers see `typing` itself.  Modules that every run loads import these names from here.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO, NamedTuple, NoReturn, Self
else:
    from collections import namedtuple

    Any = BinaryIO = NoReturn = Self = object

    class _Maker(type):
        """Makes a class of fields with types a named tuple, as `typing.NamedTuple` does."""

        def __new__(cls, name, _bases, namespace):
            fields = type(name, (), namespace).__annotations__  # wherever that Python keeps them
            made = namedtuple(
                name,
                fields,
                defaults=[namespace[field] for field in fields if field in namespace],
                module=namespace["__module__"],
            )
            made.__annotations__ = fields
            for key in namespace.keys() - fields.keys():
                if not key.startswith("__annot"):
                    setattr(made, key, namespace[key])
            return made

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {})

__all__ = ["TYPE_CHECKING", "Any", "BinaryIO", "NamedTuple", "NoReturn", "Self"]
