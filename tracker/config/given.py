"""What is in force: the defaults, a profile on top, a user's file on top of that."""

import re
from collections.abc import Mapping

from tracker.config import PRIVATE, Config, ConfigError, found, places, plain
from tracker.config.patterns import NAME
from tracker.config.schema import allowed, fault, of_setting
from tracker.config.yaml_file import Given, Path, read_yaml
from tracker.typed import Any, NamedTuple

#: Kinds of origins.
DEFAULT, PROFILE, FILE, OPTION = "default", "profile", "file", "option"


class Origin(NamedTuple):
    """Where the value of a setting comes from.

    kind    DEFAULT, PROFILE, FILE or OPTION
    name    of the profile, the file or the option
    line    in the file, from 1
    """

    kind: str = DEFAULT
    name: str = ""
    line: int = 0


class InForce(NamedTuple):
    """The settings in force.

    file       the file that was used, None if there was none
    looked     where such a file was looked for, none if it was named
    origins    where the value of each setting comes from
    """

    config: Config
    file: str | None
    looked: tuple[str, ...]
    origins: Mapping[str, Origin]


def load(path: str) -> Config:
    """Return the settings of the YAML file `path`, the defaults for what it leaves out.

    Raises ConfigError for a file that cannot be read, an unknown key, or an impossible value.
    """
    return in_force(path).config


def in_force(path: str | None = None, profile: str | None = None) -> InForce:
    """Return the settings of the file `path` (the one that is found, if None) and a profile.

    The profile `profile` goes before the one that the file names.  Raises ConfigError as `load`.
    """
    looked = () if path is not None else tuple(places())
    file = found() if path is None else path
    given = Given({}, {}) if file is None else read_yaml(file)
    values = {} if file is None else _checked(file, given)
    origins = {name: Origin(FILE, file or "", given.lines[name,]) for name in values}
    if profile is not None:
        values["profile"], origins["profile"] = _known(profile), Origin(OPTION, "--profile")
    chosen = values.get("profile", Config().profile)
    of_profile = plain("profiles.yaml")[chosen]
    origins = {name: Origin(PROFILE, chosen) for name in of_profile} | origins
    every = {name: origins.get(name, Origin()) for name in Config._fields}
    return InForce(Config(**(of_profile | values)), file, looked, every)


def _known(profile: str) -> str:
    if fault(profile, of_setting("profile")):
        raise ConfigError(f"--profile: {profile!r} is not allowed; allowed: {allowed('profile')}")
    return profile


# --- a file -------------------------------------------------------------------------------------


def _checked(file: str, given: Given) -> dict[str, Any]:
    """Return the values of a file, in the types of `Config`; raise ConfigError if one is wrong."""
    for key, value in given.values.items():
        if key not in Config._fields:
            raise ConfigError(f"{file}: line {given.lines[key,]}: {_unknown(key)}")
        wrong = fault(value, of_setting(key), (key,))
        if wrong is not None:
            raise _refusal(file, given, *wrong)
    values = {key: _typed(key, value) for key, value in given.values.items()}
    _check_hosts(file, given)
    _check_local(file, given, values.get("hosts", {}))
    return values


def _unknown(key: str) -> str:
    from difflib import get_close_matches

    near = "".join(f"; is {name} meant?" for name in get_close_matches(key, Config._fields, 1))
    return f"no setting is called {_shown(key)}{near}; known: {', '.join(Config._fields)}"


def _refusal(file: str, given: Given, path: Path, value: object, why: str = "") -> ConfigError:
    """Return what to raise for the value at `path`."""
    key = str(path[0])
    inside = [part for part in path[1:] if isinstance(part, str) and part != value]
    what = f"{_shown(value)} {why or 'is not allowed'}; allowed: {allowed(key)}"
    return ConfigError(f"{file}: line {given.lines[path]}: {': '.join([key, *inside])}: {what}")


def _shown(value: object) -> str:
    """Return what stands in the file, shortened where it is long."""
    if value is None:
        return "nothing"
    text = repr(value).lower() if isinstance(value, bool) else repr(value)
    longest = 60
    return text if len(text) <= longest else f"{text[:longest]}..."


def _typed(key: str, value: Any) -> Any:  # noqa: ANN401 - a value of any setting
    """Return a value that was checked in the type that the setting has in `Config`."""
    if key == "hosts":
        return {name.lower(): tuple(map(_canonical, each)) for name, each in value.items()}
    if isinstance(value, list):
        whole = all(isinstance(item, int | float) for item in value)
        return tuple(int(item) for item in value) if whole else tuple(value)
    return type(Config._field_defaults[key])(value)


def _canonical(text: str) -> str:
    """Return an address as RFC 5952 has it."""
    from ipaddress import ip_address  # here, because most runs name no address

    return str(ip_address(text))


def _check_hosts(file: str, given: Given) -> None:
    """Raise ConfigError for a name that means something else, and for what stands there twice."""
    seen: dict[str, int] = {}
    for name, addresses in given.values.get("hosts", {}).items():
        path: Path = ("hosts", name)
        if name.lower() == PRIVATE:
            raise _refusal(file, given, path, name, "stands for private_networks")
        _check_once(file, given, path, name, name.lower(), seen)
        for number, address in enumerate(addresses):
            _check_once(file, given, (*path, number), address, _canonical(address), seen)


def _check_once(
    file: str, given: Given, path: Path, value: str, meaning: str, seen: dict[str, int]
) -> None:
    """Raise ConfigError if the `meaning` of the value at `path` is among those seen before."""
    if meaning in seen:
        raise _refusal(file, given, path, value, f"stands in line {seen[meaning]} already")
    seen[meaning] = given.lines[path]


def _check_local(file: str, given: Given, hosts: Mapping[str, object]) -> None:
    """Raise ConfigError for a name in `local` that no host has."""
    for number, place in enumerate(given.values.get("local", [])):
        is_name = re.search(NAME, place) is not None
        if is_name and place.lower() != PRIVATE and place.lower() not in hosts:
            why = "is no address, and no name in hosts"
            raise _refusal(file, given, ("local", number), place, why)
