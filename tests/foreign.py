"""The corpus of foreign captures and what other tools say of them (`../shared/corpus`)."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from captures import CORPUS

Record = dict[str, str]

#: For tests that need the corpus.
needs_corpus = pytest.mark.skipif(
    not CORPUS.exists(), reason="the corpus of foreign captures is not here"
)

NOT_CLASSIC = ("pcapng", "pcap LE us-mod", "not pcap")


def table(name: str) -> Iterator[Record]:
    """Yield the rows of a table of the corpus; none where it is not here."""
    path = CORPUS / name
    if path.exists():
        with path.open(encoding="utf-8") as lines:
            yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def captures() -> list[Path]:
    """Return all of them, also those that nobody can read."""
    return [CORPUS / row["file"] for row in table("index.tsv")]


def ethernet_captures() -> list[str]:
    """Return the names of the classic pcap files with Ethernet frames."""
    return [
        row["file"]
        for row in table("index.tsv")
        if row["linktype"] == "ETHERNET(1)" and not row["format"].startswith(NOT_CLASSIC)
    ]
