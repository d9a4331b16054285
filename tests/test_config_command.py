"""`tracker config`: what is in force, where it comes from, and the schema for editors."""

import json
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from captures import run_here
from hypothesis import example, given
from hypothesis import strategies as st

from tracker.config import Config, ConfigError, shipped
from tracker.config.explained import explanations
from tracker.config.given import load
from tracker.config.patterns import ADDRESS, NAME, NETWORK
from tracker.config.schema import fault, of_setting

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")

MINE = """\
# mine
time_wait: 0.0000001
max_connections: 12
local: [10.0.0.0/8, 'fd00::5', nas]
hosts: {nas: [192.168.1.7, 'fd00::7'], on: [10.1.1.1]}
rfc1337: true
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Return a file of settings."""
    path = tmp_path / "mine.yaml"
    path.write_text(MINE)
    return path


# --- what is printed ----------------------------------------------------------------------------


def test_says_where_each_value_comes_from(mine: Path) -> None:
    lines = run_here("config", "--config", mine, "--profile", "windows").stdout.splitlines()
    assert lines[0] == f"# settings in force, with the file {mine}"
    assert "profile: windows  # --profile" in lines
    assert "syn_sent: 21.0  # seconds; profile windows" in lines
    assert f"max_connections: 12  # connections; {mine}, line 3" in lines
    assert f"rfc1337: true  # {mine}, line 6" in lines
    assert "ring: 32  # MiB; default" in lines
    assert f"local: [  # addresses, networks, names; {mine}, line 4" in lines


def test_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    outcome = run_here("config")
    assert outcome.stdout.startswith(
        "# settings in force, without a file; there is none of these:\n"
        f"#   {tmp_path}/tracker/tracker.yaml\n"
        "#   /nonexistent/tracker/tracker.yaml\n"
        "#   /etc/tracker/tracker.yaml\n"
    )
    assert outcome.stderr == ""
    assert outcome.status == 0


@pytest.mark.parametrize("options", [(), ("--profile", "bsd")])
def test_what_it_prints_can_be_used_again(
    mine: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    again = tmp_path / "again.yaml"
    again.write_text(run_here("config", "--config", mine, *options).stdout)
    first = run_here("config", "--json", "--config", mine, *options)
    second = run_here("config", "--json", "--config", again)
    assert [row["value"] for row in second.rows] == [row["value"] for row in first.rows]
    assert {row["origin"] for row in second.rows} == {"file"}
    names = yaml.safe_load(again.read_text())["hosts"]
    assert list(names) == ["nas", "on"]


def test_a_path_cannot_pass_for_settings(tmp_path: Path) -> None:
    path = tmp_path / "x\ntime_wait: 1\n\udce4.yaml"
    path.write_text("closing: 2")
    lines = run_here("config", "--config", path).stdout.splitlines()
    assert lines[0].endswith("x\\ntime_wait: 1\\n\\udce4.yaml")
    assert "time_wait: 60.0  # seconds; default" in lines


def test_json(mine: Path) -> None:
    rows = run_here("config", "--json", "--config", mine, "--profile", "bsd").rows
    assert [row["setting"] for row in rows] == list(Config._fields)
    by_name = {row.pop("setting"): row for row in rows}
    assert by_name["hosts"] == {
        "value": {"nas": ["192.168.1.7", "fd00::7"], "on": ["10.1.1.1"]},
        "unit": "names with addresses",
        "origin": "file",
        "name": str(mine),
        "line": 5,
    }
    assert by_name["rfc1337"]["unit"] is None
    assert by_name["time_wait"]["value"] == 1e-07
    assert [by_name["profile"][key] for key in ("origin", "name")] == ["option", "--profile"]
    assert [by_name["syn_sent"][key] for key in ("origin", "name")] == ["profile", "bsd"]
    assert [by_name["ring"][key] for key in ("origin", "name", "line")] == ["default", None, None]


def test_default_is_the_shipped_file() -> None:
    text = Path(shipped("tracker.yaml")).read_text(encoding="utf-8")
    assert run_here("config", "--default").stdout == text


@pytest.mark.parametrize("forms", [("--json", "--schema"), ("--schema", "--default")])
def test_one_form_at_a_time(forms: tuple[str, ...]) -> None:
    outcome = run_here("config", *forms)
    assert outcome.status == 2
    assert "not allowed with argument" in outcome.stderr


# --- the schema ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema() -> Any:
    """Return the schema, as it is printed."""
    return json.loads(run_here("config", "--schema").stdout)


def test_it_is_a_schema(schema: Any) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert list(schema["properties"]) == list(Config._fields)


def test_it_takes_the_shipped_file(schema: Any) -> None:
    text = Path(shipped("tracker.yaml")).read_text(encoding="utf-8")
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(text))


def test_it_says_what_the_file_says(schema: Any) -> None:
    defaults = yaml.safe_load(Path(shipped("tracker.yaml")).read_text(encoding="utf-8"))
    for name, told in explanations().items():
        mine = schema["properties"][name]
        assert mine["default"] == defaults[name]
        for part in told:
            assert part in mine["description"]


def values() -> st.SearchStrategy[Any]:
    """Any values, and many that are nearly right."""
    scalars = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.integers(0, 70000)
        | st.floats(allow_nan=False)
        | st.sampled_from([0, 0.1, 1, 1.0, 65535, 65535.0, 65536, 10**9, 10**9 + 1, "", "linux"])
        | st.text(max_size=5)
        | st.sampled_from(["nas", "private", "a.b", "1", "10.0.0.0/8", "10.0.0.0/33", "fd00::%x"])
        | st.ip_addresses().map(str)
        | st.ip_addresses(v=6).map(lambda address: address.exploded.upper())
    )
    lists = st.lists(scalars, max_size=3)
    return scalars | lists | st.dictionaries(st.sampled_from(["nas", "1", "-"]), scalars | lists)


@given(st.sampled_from(Config._fields), values())
@example("time_wait", float("inf"))
@example("service_ports", [True])
@example("hosts", {"nas": ["fd00::5\n"]})
@example("local", ["nas\n"])
def test_program_and_schema_allow_the_same(schema: Any, name: str, value: Any) -> None:
    checks = jsonschema.Draft202012Validator(schema)
    assert (fault(value, of_setting(name)) is None) == checks.is_valid({name: value})


#: What a schema cannot say: that something must not stand twice, or must stand elsewhere.
BEYOND_A_SCHEMA = ("already", "no name in hosts", "stands for private_networks")


@given(st.dictionaries(st.sampled_from([*Config._fields, "timewait"]), values(), max_size=3))
def test_a_file_is_refused_by_both(
    schema: Any, tmp_path_factory: pytest.TempPathFactory, settings: dict[str, Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "random.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    refusal = ""
    try:
        load(str(path))
    except ConfigError as error:
        refusal = str(error)
    is_beyond = any(words in refusal for words in BEYOND_A_SCHEMA)
    assert (not refusal or is_beyond) == jsonschema.Draft202012Validator(schema).is_valid(settings)


# --- what addresses look like -------------------------------------------------------------------


def texts() -> Iterator[st.SearchStrategy[str]]:
    yield st.ip_addresses().map(str)
    yield st.ip_addresses(v=6).map(lambda address: address.exploded)
    yield st.lists(
        st.sampled_from(["0", "1", "ff", "ffff", "10000", "", "1.2.3.4"]), max_size=9
    ).map(":".join)
    yield st.lists(st.sampled_from(["0", "1", "01", "99", "199", "255", "256"]), max_size=5).map(
        ".".join
    )
    yield st.from_regex(r"[0-9a-f:.]{0,12}", fullmatch=True)


@given(st.one_of(*texts()))
def test_addresses_are_those_of_the_standard_library(text: str) -> None:
    try:
        kind: type | None = type(ip_address(text))
    except ValueError:
        kind = None
    schema = {"type": "string", "pattern": ADDRESS}
    assert (fault(text, schema) is None) == (kind in (IPv4Address, IPv6Address))


@given(st.one_of(*texts()), st.integers(0, 140))
def test_networks_are_those_of_the_standard_library(text: str, length: int) -> None:
    whole = f"{text}/{length}"
    try:
        is_network = bool(ip_network(whole, strict=False))
    except ValueError:
        is_network = False
    assert (fault(whole, {"type": "string", "pattern": NETWORK}) is None) == is_network


@pytest.mark.parametrize(
    ("name", "is_name"),
    [
        ("nas", True),
        ("3com.com", True),  # RFC 1123 section 2.1: a digit may come first
        ("MY_PC", True),
        ("a" * 63, True),  # RFC 1035 section 2.3.4: 63 octets a label, 255 in all
        ("a" * 64, False),
        (".".join(["a" * 49] * 5), True),
        (".".join(["a" * 50] * 5), False),
        ("a-", False),
        ("-a", False),
        ("a..b", False),
        ("a.", False),
        ("", False),
        ("1.2.3.4", False),
        ("a.1", False),
        ("1a", True),
        ("ä", False),
        ("a\n", False),
    ],
)
def test_names_of_hosts(name: str, is_name: bool) -> None:
    assert (fault(name, {"type": "string", "pattern": NAME}) is None) == is_name
