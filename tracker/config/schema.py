"""The JSON Schema of the settings (draft 2020-12), and the check of a value against it.

What is allowed is said once: a file is checked against the very schema that editors get.
"""

import re
from functools import cache

from tracker.config import Config
from tracker.config.explained import Explained, explanations
from tracker.config.patterns import ADDRESS, NAME, NETWORK, PLACE
from tracker.typed import Any

Schema = dict[str, Any]
Path = tuple[str | int, ...]

_TEXT = {"type": "string"}
_STRUCTURES: dict[str, Schema] = {
    "local": {"type": "array", "items": {**_TEXT, "pattern": PLACE}},
    "private_networks": {"type": "array", "items": {**_TEXT, "pattern": NETWORK}},
    "hosts": {
        "type": "object",
        "propertyNames": {"pattern": NAME},
        "additionalProperties": {
            "type": "array",
            "minItems": 1,
            "items": {**_TEXT, "pattern": ADDRESS},
        },
    },
}
_NUMBERS = {"integer": "a whole number", "number": "a number"}
_TYPES = {"string": str, "array": list, "object": dict, "boolean": bool}


def schema() -> Schema:
    """Return the schema of a file of settings."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of tracker",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {
                **of_setting(name),
                "description": _description(told),
                "default": as_json(default),
            }
            for (name, default), told in zip(
                Config._field_defaults.items(), explanations().values(), strict=True
            )
        },
    }


@cache
def of_setting(name: str) -> Schema:
    """Return the schema of the values that the setting `name` may have."""
    told, default = explanations()[name], Config._field_defaults[name]
    if name in _STRUCTURES:
        return _STRUCTURES[name]
    if isinstance(default, tuple):
        return {"type": "array", "items": _numbers("integer", told)}
    if isinstance(default, str):
        return {"type": "string", "enum": told.choices()}
    if isinstance(default, bool):
        return {"type": "boolean"}
    return _numbers("integer" if isinstance(default, int) else "number", told)


def _numbers(kind: str, told: Explained) -> Schema:
    lowest, highest = told.limits()
    return {"type": kind, "minimum": lowest, "maximum": highest}


def allowed(name: str) -> str:
    """Return in words which values the setting `name` may have."""
    told, kind = explanations()[name], of_setting(name)["type"]
    if kind == "array":
        return f"a list of {told.unit}, {told.range}"
    if kind in _NUMBERS:
        return f"{told.unit}, {_NUMBERS[kind]} from {told.range}"
    return told.range


def _description(told: Explained) -> str:
    return f"{told.text} Unit: {told.unit}. Range: {told.range}. Source: {told.source}"


def as_json(value: Any) -> Any:  # noqa: ANN401 - the value of any setting
    """Return the value of a setting as JSON has it."""
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, str | int | float) else dict(value)


# --- the check ----------------------------------------------------------------------------------


def fault(value: object, schema: Schema, path: Path = ()) -> tuple[Path, object] | None:
    """Return where in `value` something is not as `schema` says, and what; None if all is well.

    It knows the keywords that the settings use.  NaN, which JSON has not, is never allowed.
    """
    if not _is_allowed(value, schema):
        return path, value
    for key, part, rule in _parts(value, schema):
        found = fault(part, rule, (*path, key))
        if found is not None:
            return found
    return None


def _parts(value: object, schema: Schema) -> list[tuple[str | int, object, Schema]]:
    """Return the parts of a list or mapping, with their keys and schemas."""
    if isinstance(value, list):
        return [(number, item, schema["items"]) for number, item in enumerate(value)]
    if not isinstance(value, dict):
        return []
    names = [(key, key, schema["propertyNames"]) for key in value]
    return names + [(key, item, schema["additionalProperties"]) for key, item in value.items()]


def _is_allowed(value: object, schema: Schema) -> bool:
    """Return whether a value, apart from its parts, is as `schema` says."""
    kind = schema.get("type", "string")
    if kind in _NUMBERS:
        return _is_number(value, kind, schema["minimum"], schema["maximum"])
    if not isinstance(value, _TYPES[kind]):
        return False
    if isinstance(value, list):
        return bool(len(value) >= schema.get("minItems", 0))
    if "enum" in schema:
        return bool(value in schema["enum"])
    return not isinstance(value, str) or re.search(schema["pattern"], value) is not None


def _is_number(value: object, kind: str, lowest: float, highest: float) -> bool:
    """Return whether a value is such a number; 2.0 is a whole one, NaN is none, nor is true."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return lowest <= value <= highest and (kind == "number" or value == int(value))
