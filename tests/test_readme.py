"""The README: what it shows is what the program prints, and it leaves nothing out."""

import argparse
import json
import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
from captures import CHECKOUT, PCAPS, run

from tracker.cli import _parser
from tracker.config.given import FILE, in_force
from tracker.tcp_state import State

README = CHECKOUT / "README.md"
TEXT = README.read_text(encoding="utf-8")

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    """A command line, as a user would type it, and what is printed then."""

    command: str
    printed: str


def blocks(language: str) -> list[str]:
    """Return the contents of the fenced blocks in `language`."""
    return [content for found, content in FENCE.findall(TEXT) if found == language]


def examples() -> list[Example]:
    """Return the commands and outputs in the README's console blocks."""
    found = []
    for block in blocks("console"):
        first, *rest = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)
        assert first == "", "a console block begins with a command"
        found += [Example(*pair) for pair in zip(rest[::2], rest[1::2], strict=True)]
    return found


# --- what it shows ------------------------------------------------------------------------------


def test_all_blocks_are_checked() -> None:
    assert {language for language, _ in FENCE.findall(TEXT)} == {"console", "sh", "yaml"}
    assert len(examples()) >= 4


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.command)
def test_example(example: Example) -> None:
    program, *arguments = shlex.split(example.command)
    assert program == "tracker"
    outcome = run(*arguments, cwd=CHECKOUT)
    assert outcome.stdout + outcome.stderr == example.printed


@pytest.mark.parametrize("block", blocks("yaml"))
def test_settings_are_allowed(block: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(block)
    found = in_force(str(path))
    assert {name for name, origin in found.origins.items() if origin.kind == FILE}


def test_main_job_is_on_the_first_screen() -> None:
    first_screen = "\n".join(TEXT.splitlines()[:20])
    assert "$ tracker read pcaps/ftp-and-web.pcap" in first_screen
    assert "ESTABLISHED" in first_screen


def test_two_commands_set_everything_up_and_ci_runs_them() -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) == 2
    assert commands[0].endswith("tracker read pcaps/ftp-and-web.pcap")
    assert commands[1].endswith("pytest")
    ci = (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line for line in ci if line in commands] == commands


# --- what it must not leave out -----------------------------------------------------------------


def test_commands_and_options_are_documented() -> None:
    documented = set(re.findall(r"^\| `tracker (\w+)", TEXT, re.MULTILINE))
    commands = _commands()
    assert documented == set(commands)
    for command in commands.values():
        for action in command._actions:
            for option in set(action.option_strings) - {"-h", "--help"}:
                assert re.search(rf"^\| .*`{option}[` ]", TEXT, re.MULTILINE), option


def test_nothing_is_documented_that_is_not_there() -> None:
    known = {"--version", "--help"}
    for command in _commands().values():
        known.update(option for action in command._actions for option in action.option_strings)
    text = "\n".join(block for block in FENCE.split(TEXT))
    assert set(re.findall(r"`(--?[a-z0-9-]+)", text)) <= known


def _commands() -> dict[str, argparse.ArgumentParser]:
    (subparsers,) = (
        action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    return dict(subparsers.choices)


def test_json_names_are_documented_in_order() -> None:
    (row,) = map(json.loads, run("read", "--json", PCAPS / "half-closed.pcap").stdout.splitlines())
    _, _, section = TEXT.partition("## JSON and CSV")
    table = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    documented = [name for cell in table for name in re.findall(r"`(\w+)`", cell)]
    assert set(documented[: len(row)]) == set(row)
    assert len(documented) == len(row)


def test_states_are_named() -> None:
    for state in State:
        assert f"`{state.name}`" in TEXT


def test_rules_are_numbered() -> None:
    rules = re.findall(r"^- \*\*Rule (\d+), ", TEXT, re.MULTILINE)
    assert rules == [str(number) for number in range(12)]


def test_files_it_points_to_exist() -> None:
    for target in re.findall(r"\]\((?!http)(.*?)\)", TEXT):
        assert (CHECKOUT / target).is_file(), target
    for name in re.findall(r"`((?:config|pcaps)/[\w.-]+)`", TEXT):
        assert (CHECKOUT / name).is_file(), name


@pytest.mark.parametrize("path", sorted(PCAPS.glob("*.pcap")), ids=lambda path: path.name)
def test_every_capture_is_described(path: Path) -> None:
    assert f"| `{path.name}` |" in (PCAPS / "README.md").read_text(encoding="utf-8")
