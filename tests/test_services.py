"""Service names: the system's registry, ours on top, and ours alone where there is none."""

from pathlib import Path

import pytest
import yaml

from tracker.config import shipped
from tracker.names.services import SYSTEM_REGISTRY, load_services

REGISTRY = """\
# a registry in the format of services(5)
wrong-name      80/tcp          www     # ours is on top
nobody-else     1/tcp           tcpmux
nobody-else     1/udp
first           2/tcp
second          2/tcp
stream          3/sctp
broken
no-port         x/tcp
"""


@pytest.fixture
def registry(tmp_path: Path) -> str:
    """Return the path of a small registry."""
    path = tmp_path / "services"
    path.write_text(REGISTRY)
    return str(path)


def test_ours_is_on_top(registry: str) -> None:
    assert load_services(registry).name(80, "tcp") == "http"


def test_theirs_is_below(registry: str) -> None:
    services = load_services(registry)
    assert services.name(1, "tcp") == services.name(1, "udp") == "nobody-else"


def test_first_name_counts(registry: str) -> None:
    assert load_services(registry).name(2, "tcp") == "first"


def test_other_protocols_and_broken_lines_do_not(registry: str) -> None:
    services = load_services(registry)
    assert services.name(3, "tcp") is None
    assert services.name(3, "sctp") is None


@pytest.mark.parametrize("registry", [SYSTEM_REGISTRY, "/nonexistent/services"])
@pytest.mark.parametrize(
    ("port", "proto", "name"),
    [
        (21, "tcp", "ftp"),
        (80, "tcp", "http"),
        (139, "tcp", "netbios-ssn"),
        (443, "tcp", "https"),
        (443, "udp", "https"),
        (53, "udp", "domain"),
        (65535, "tcp", None),
    ],
)
def test_names_with_and_without_a_registry(
    registry: str, port: int, proto: str, name: str | None
) -> None:
    assert load_services(registry).name(port, proto) == name


def test_ours_are_what_yaml_reads(tmp_path: Path) -> None:
    text = Path(shipped("services.yaml")).read_text(encoding="utf-8")
    known = load_services(str(tmp_path / "no registry"))
    ports = yaml.safe_load(text)
    assert set(ports) == {"tcp", "udp"}
    for proto, names in ports.items():
        assert len(names) > 30
        for port, name in names.items():
            assert known.name(port, proto) == name


def test_registry_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "services"
    path.write_bytes(b"\xff\xfe 80/tcp\nlatin-\xe9 81/tcp\n")
    assert load_services(str(path)).name(80, "tcp") == "http"
