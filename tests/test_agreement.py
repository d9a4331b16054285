"""The corpus of foreign captures: where other tools count otherwise is in a table that says why."""

import re

from agreement import differences, tracked
from captures import CHECKOUT
from foreign import needs_corpus, table

_ROW = re.compile(r"^\| `([^`]+)` \| (\w+) \| [^|]+ \| [^|]+ \|$", re.MULTILINE)


def explained() -> set[tuple[str, str]]:
    """Return capture and tool of each row of the table of explanations."""
    text = (CHECKOUT / "docs" / "corpus-agreement.md").read_text(encoding="utf-8")
    rows = _ROW.findall(text)
    assert len(rows) == text.count("\n| `"), "a row of the table has another form"
    return set(rows)


@needs_corpus
def test_every_difference_is_explained_and_every_explanation_is_needed() -> None:
    names = [row["file"] for row in table("index.tsv")]
    found = differences(names)
    assert found.keys() - explained() == set(), found
    assert explained() - found.keys() == set()


@needs_corpus
def test_nothing_is_invented_and_nothing_breaks() -> None:
    """Where tshark sees neither TCP nor UDP, there is no connection."""
    judged = {row["capture"] for row in table("truth/tshark.tsv")}
    for row in table("index.tsv"):
        if row["file"] in judged:
            continue
        ours = tracked(row["file"])
        if row["tshark"] == "ok" and row["tcp_pkts"] == row["udp_pkts"] == "0":
            assert not ours, row["file"]
