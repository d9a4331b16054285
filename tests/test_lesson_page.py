"""The lesson page: in a real browser, held against the engine."""

import base64
import hashlib
import json
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from captures import PCAPS, conversation, pcap, read, run, run_here, socket, timed
from packets import ethernet, ipv4, udp

from tracker.lesson.figure import figure
from tracker.lesson.questions import Question
from tracker.tcp_state import TABLE, State

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    Names = dict[str, Any]


# --- the page as text ---------------------------------------------------------------------------


class Elements(HTMLParser):
    """Collects the elements of a page, and the texts of its scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: dict[str, list[str]] = {}
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs
        kind = dict(attrs).get("type") or tag
        self._inside = kind if tag in ("script", "style") else ""
        if self._inside:
            self.texts.setdefault(kind, []).append("")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.texts[self._inside][-1] += data


def elements(text: str) -> Elements:
    """Return what a parser of HTML makes of a page."""
    found = Elements()
    found.feed(text)
    found.close()
    return found


def lesson_of(text: str) -> "Names":
    """Return the JSON of a page."""
    [data] = elements(text).texts["application/json"]
    model: Names = json.loads(data)
    return model


def make(capture: Path, page: Path, *options: str | Path) -> str:
    """Run the command `lesson` and return the page that it wrote."""
    outcome = run_here("lesson", capture, "-o", page, *options)
    assert outcome.status == 0, outcome.stderr
    return page.read_text("utf-8")


def saved(folder: Path, frames: Iterable[bytes], step: int = 1_000_000) -> Path:
    """Write a capture of `frames`."""
    path = folder / "made.pcap"
    path.write_bytes(pcap(timed(frames, step)))
    return path


def test_the_policy_names_the_one_script_and_the_one_style(tmp_path: Path) -> None:
    """CSP level 3 section 2.3.1: a hash allows exactly one text, and nothing else may load."""
    text = make(PCAPS / "half-closed.pcap", tmp_path / "page.html")
    found = elements(text)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    told = policy[1].replace("&#x27;", "'")
    assert told.startswith("default-src 'none'; ")
    for kind, directive in (("script", "script-src"), ("style", "style-src")):
        [content] = found.texts[kind]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in told
    assert "unsafe" not in told


def test_the_page_refers_to_nothing_outside(tmp_path: Path) -> None:
    text = make(PCAPS / "ftp-and-web.pcap", tmp_path / "page.html")
    found = elements(text)
    assert {"link", "img", "iframe", "base", "form"}.isdisjoint(found.names)
    names = {name for name, _ in found.attributes}
    assert {"src", "srcset", "action", "style"}.isdisjoint(names)
    assert not [name for name in names if name.startswith("on")]
    assert all((value or "").startswith("#") for name, value in found.attributes if name == "href")


def test_the_script_makes_text_never_markup(tmp_path: Path) -> None:
    [script] = elements(make(PCAPS / "half-closed.pcap", tmp_path / "p.html")).texts["script"]
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert word not in script


HOSTILE = "</script><script>document.title='run'</script><!--<script>&amp;\u2028\u202e\ud800"


def test_hostile_text_stays_in_its_element(tmp_path: Path) -> None:
    """HTML section 4.12.1.3: `<!--` and `<script` matter inside of a script, too."""
    text = make(PCAPS / "half-closed.pcap", tmp_path / "page.html", "--title", HOSTILE)
    found = elements(text)
    assert found.names.count("script") == 2
    [data] = found.texts["application/json"]
    assert not re.search("[<>&\u2028\u2029]", data)
    title = lesson_of(text)["title"]
    assert title.startswith("</script><script>")
    assert "\u202e" not in title


def test_every_arrow_of_the_state_table_is_drawn_or_listed() -> None:
    drawn = [(arrow["from"], arrow["to"]) for arrow in figure()["arrows"]]
    listed = [(before, after) for before, after, _ in figure()["further"]]
    table = {
        (before.name, after.name)
        for before, row in TABLE.items()
        for after in row
        if after is not None
    }
    assert set(drawn + listed) == table
    assert len(drawn + listed) == len(table)


def test_the_figure_draws_the_arrows_of_rfc_9293_figure_5() -> None:
    """But for those of a user's call that sends nothing; two at once are two here."""
    drawn = {(arrow["from"], arrow["to"]) for arrow in figure()["arrows"]}
    rfc = """
        CLOSED SYN_SENT, LISTEN SYN_RECEIVED, LISTEN SYN_SENT, SYN_SENT SYN_RECEIVED,
        SYN_RECEIVED ESTABLISHED, SYN_RECEIVED FIN_WAIT_1, ESTABLISHED FIN_WAIT_1,
        ESTABLISHED CLOSE_WAIT, FIN_WAIT_1 FIN_WAIT_2, FIN_WAIT_1 CLOSING, CLOSE_WAIT LAST_ACK,
        FIN_WAIT_2 TIME_WAIT, CLOSING TIME_WAIT, LAST_ACK CLOSED, TIME_WAIT CLOSED
    """
    assert drawn == {(pair.split()[0], pair.split()[1]) for pair in rfc.split(",")}
    assert set(figure()["places"]) == {state.name for state in State}


# --- what is on it ------------------------------------------------------------------------------


def test_only_the_connections_asked_for(tmp_path: Path) -> None:
    pair = "192.168.1.5:1099,192.168.1.7:80"
    text = make(PCAPS / "ftp-and-web.pcap", tmp_path / "page.html", "--connection", pair)
    [connection] = lesson_of(text)["connections"]
    assert {socket["port"] for socket in connection["sockets"]} == {1099, 80}
    frames = sum(1 for step in lesson_of(text)["steps"] if step["frame"])
    other = 32 - frames
    assert f"{other} frames of the capture belong to other" in lesson_of(text)["left_out"][0]


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    frames = [frame for port in (1099, 1100) for frame in conversation(port)]
    page = tmp_path / "page.html"
    outcome = run_here("lesson", saved(tmp_path, frames), "-o", page, "--max-frames", "4")
    lesson = lesson_of(page.read_text("utf-8"))
    assert [step["frame"] for step in lesson["steps"]] == [1, 2, 3, 4]
    assert lesson["left_out"] == [
        "The page shows 4 frames; 14 more of what was asked for had no room.",
        "Nothing is shown of 1 connection more.",
    ]
    assert "14 more of what was asked for had no room" in outcome.stderr


def test_timers_end_what_the_capture_leaves(tmp_path: Path) -> None:
    """Linux keeps TIME_WAIT for 60 s (TCP_TIMEWAIT_LEN in include/net/tcp.h)."""
    made = saved(tmp_path, conversation())
    lesson = lesson_of(make(made, tmp_path / "page.html"))
    last, timer = lesson["steps"][-2:]
    assert timer["frame"] == 0
    assert timer["time"] - last["time"] == pytest.approx(60e9, abs=2e6)
    [said] = timer["said"]
    assert (lesson["states"][said["before"]], lesson["states"][said["after"]]) == (
        "TIME_WAIT",
        "CLOSED",
    )


def test_timers_of_many_connections_stand_where_they_run_out(tmp_path: Path) -> None:
    """The engine looks at many connections seldom; the page has each end in its place."""
    frames = [frame for port in range(1100, 1130) for frame in conversation(port)[:3]]
    frames += [frame for port in range(1200, 1480) for frame in conversation(port)[:3]]
    frames += [frame for port in range(1100, 1130) for frame in conversation(port)[3:]]
    lesson = lesson_of(make(saved(tmp_path, frames, 700_000_000), tmp_path / "p.html"))
    times = [step["time"] for step in lesson["steps"]]
    assert times == sorted(times)
    begun: dict[int, int] = {}
    over = 0
    for step in lesson["steps"]:
        for said in step.get("said", []):
            if "after" in said and lesson["states"][said["after"]] == "TIME_WAIT":
                begun[said["connection"]] = step["time"]
            if "before" in said and lesson["states"][said["before"]] == "TIME_WAIT":
                over += 1
                assert step["time"] - begun.pop(said["connection"]) == 60_000_000_000
    assert over > 10


def test_each_word_is_explained_where_it_first_appears(tmp_path: Path) -> None:
    """States and certainties are words, too; what was explained is not explained again."""
    lesson = lesson_of(make(saved(tmp_path, conversation()[:3]), tmp_path / "page.html"))
    first, second, third = (step.get("new", []) for step in lesson["steps"])
    assert {"client", "SYN", "SYN_SENT", "SYN_RECEIVED", "observed", "presumed"} <= set(first)
    assert "ESTABLISHED" in second
    assert not set(first) & set(second + third)


def test_nothing_to_show_is_said(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    pair = "10.9.9.9:1,10.9.9.8:2"
    outcome = run_here("lesson", PCAPS / "half-closed.pcap", "-o", page, "--connection", pair)
    assert outcome.status == 1
    assert "nothing to show" in outcome.stderr
    assert not page.exists()


def test_a_capture_is_not_overwritten(tmp_path: Path) -> None:
    made = saved(tmp_path, conversation())
    before = made.read_bytes()
    outcome = run_here("lesson", made, "-o", made)
    assert outcome.status == 2
    assert "that is the capture itself; give another name" in outcome.stderr
    assert made.read_bytes() == before


def test_a_place_that_takes_no_page_is_named(tmp_path: Path) -> None:
    place = tmp_path / "nowhere" / "page.html"
    outcome = run_here("lesson", saved(tmp_path, conversation()), "-o", place)
    assert outcome.status == 2
    assert f"-o {place}: the page cannot be written" in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


def test_the_page_goes_where_it_is_asked_for(tmp_path: Path) -> None:
    """By default to this folder, named for the capture; with - to standard output, alone."""
    made = saved(tmp_path, conversation())
    assert run("lesson", made, cwd=tmp_path).status == 0
    page = (tmp_path / "made.pcap.html").read_text("utf-8")
    outcome = run("lesson", made, "-o", "-")
    assert (outcome.status, outcome.stdout, outcome.stderr) == (0, page, "")


def many(count: int) -> Iterator[bytes]:
    """Yield a datagram of each of `count` pseudo-connections."""
    for number in range(count):
        source = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        yield ethernet(ipv4(udp(b"?", 1024 + number % 5000, 53), 17, source, "192.168.1.7"))


def test_ten_thousand_connections_are_a_page_of_a_hundred(tmp_path: Path) -> None:
    made = saved(tmp_path, many(10_000), 1000)
    text = make(made, tmp_path / "page.html")
    lesson = lesson_of(text)
    assert len(lesson["connections"]) == 100
    assert "Nothing is shown of 9900 connections more." in lesson["left_out"]
    assert len(text) < 1_500_000


def test_ten_thousand_frames_are_a_page_of_five_hundred(tmp_path: Path) -> None:
    frames = [frame for port in range(1100, 1100 + 1112) for frame in conversation(port)]
    text = make(saved(tmp_path, frames[:10_000]), tmp_path / "page.html")
    assert lesson_of(text)["frames"] == 500
    assert len(text) < 1_500_000


# --- in a browser -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Start a browser without a screen."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright drives the browser: pip install playwright"
    )
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("there is no chromium to show the page")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


class Opened:
    """A page in the browser, and what it did that it should not."""

    def __init__(self, page: "Page", path: Path) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("console", lambda message: self.wrong.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: self._requested(request.url))
        page.on("dialog", lambda dialog: self.wrong.append(f"dialog: {dialog.message}"))
        self._address = path.as_uri()
        page.goto(self._address)
        self.lesson: Names = json.loads(page.text_content("#lesson") or "")

    def _requested(self, address: str) -> None:
        if address != self._address:
            self.wrong.append(f"request: {address}")

    def go(self, position: int) -> None:
        """Move the slider."""
        self.page.locator("#slider").fill(str(position))

    def tables(self) -> set[tuple[str, str, str]]:
        """Return local socket, foreign socket and state of each row."""
        rows = self.page.locator("#netstat tbody tr:has(td.socket)")
        found = rows.evaluate_all(
            "rows => rows.map(r => [1, 2].map(i => r.cells[i].textContent)"
            ".concat(r.cells[3].querySelector('strong').textContent))"
        )
        return {(local, foreign, state) for local, foreign, state in found}


@pytest.fixture
def show(browser: "Browser", tmp_path: Path) -> Iterator[Any]:
    """Return what shows a capture's page; afterwards nothing may have gone wrong."""
    opened: list[Opened] = []

    def shown(capture: Path, width: int = 1280, scheme: str = "light", *more: str) -> Opened:
        path = tmp_path / "page.html"
        make(capture, path, *more)
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        opened.append(Opened(context.new_page(), path))
        return opened[-1]

    yield shown
    for each in opened:
        each.page.context.close()
        assert each.wrong == []


def engine_tables(capture: Path, frame: int) -> set[tuple[str, str, str]]:
    """Return what `tracker read` shows of both hosts as of a frame."""
    local = "192.168.1.5,192.168.1.7,fd00::5,fd00::7"
    found = read(capture, "--at", f"#{frame}", "--local", local)
    return {
        (
            socket(row["local_address"], row["local_port"]),
            socket(row["foreign_address"], row["foreign_port"]),
            row["state"] or "",
        )
        for row in found.rows
    }


@pytest.mark.parametrize(
    "name",
    [
        "client-closes-first",
        "ftp-and-web",
        "fin-repeated",
        "half-closed",
        "simultaneous-close",
        "simultaneous-open",
        "syn-ack-repeated",
        "aborted-by-server",
        "ipv6",
        "port-reused",
        "udp-answered-and-refused",
        "refused",
        "unanswered",
    ],
)
def test_each_step_shows_what_the_engine_has(show: Any, name: str) -> None:
    """After each frame the page's tables are those of `read --at '#FRAME'`."""
    opened = show(PCAPS / f"{name}.pcap")
    for position, step in enumerate(opened.lesson["steps"], 1):
        if step["frame"]:
            opened.go(position)
            assert opened.tables() == engine_tables(PCAPS / f"{name}.pcap", step["frame"]), step


def test_rfc_9293_figure_6(show: Any, tmp_path: Path) -> None:
    """The handshake: both ends' states at each step, as the RFC's figure has them."""
    opened = show(saved(tmp_path, conversation()[:3]))
    expected = [
        ("SYN_SENT", "(SYN_RECEIVED)"),
        ("ESTABLISHED", "SYN_RECEIVED"),
        ("ESTABLISHED", "ESTABLISHED"),
    ]
    notations = ["<SEQ=0><CTL=SYN>", "<SEQ=0><ACK=1><CTL=SYN,ACK>", "<SEQ=1><ACK=1><CTL=ACK>"]
    for position, (states, notation) in enumerate(zip(expected, notations, strict=True), 1):
        opened.go(position)
        assert tuple(opened.page.locator("#ends strong").all_text_contents()) == states
        assert notation in opened.page.locator("#sequence .row.current").text_content()
        shown = opened.page.locator("#positions").text_content()
        assert f"client: {states[0]} " in shown and f"server: {states[1]} " in shown


def test_buttons_keys_slider_and_time(show: Any, tmp_path: Path) -> None:
    """A frame a second; frame 8, the server's FIN, begins the client's 60 s in TIME_WAIT."""
    opened = show(saved(tmp_path, conversation(), 1_000_000_000))
    page = opened.page
    place = page.locator("#place")
    assert "Step 1 of 10: frame 1" in place.text_content()
    page.get_by_role("button", name="Step on").click()
    assert "frame 2" in place.text_content()
    page.keyboard.press("ArrowRight")
    assert "frame 3" in place.text_content()
    page.keyboard.press("End")
    assert "time passes, +67.000000 s" in place.text_content()
    page.keyboard.press("Home")
    assert "Before the first" in place.text_content()
    assert opened.tables() == set()
    time_field = page.locator("#time")
    time_field.fill("4.5")
    time_field.press("Enter")
    assert "frame 5" in place.text_content()
    time_field.fill("66.9")
    time_field.press("Enter")
    assert {state for _, _, state in opened.tables()} == {"TIME_WAIT"}
    time_field.fill("67")
    time_field.press("Enter")
    assert opened.tables() == set()


def test_it_plays(show: Any, tmp_path: Path) -> None:
    opened = show(saved(tmp_path, conversation()[:3]))
    opened.page.get_by_role("button", name="Play").click()
    opened.page.get_by_role("button", name="Pause").wait_for()
    opened.page.locator("#place", has_text="frame 3").wait_for(timeout=10_000)
    opened.page.get_by_role("button", name="Play").wait_for()


def test_the_conversation_by_keys(show: Any, tmp_path: Path) -> None:
    """The chosen segment takes the focus; up and down go from one to the next."""
    opened = show(saved(tmp_path, conversation()))
    opened.page.locator("#sequence .row.current").focus()
    opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("ArrowDown")
    current = opened.page.locator("#sequence [aria-current=step]")
    assert current.get_attribute("aria-label").startswith("frame 3; client sends <SEQ=1>")
    assert current.evaluate("row => row === document.activeElement")
    opened.page.locator("#sequence .row").nth(5).click()
    assert "frame 6" in opened.page.locator("#place").text_content()


def test_fields_and_octets_show_each_other(show: Any, tmp_path: Path) -> None:
    """The source port 1099 is 04 4b (RFC 9293 section 3.1: the first two octets of the header)."""
    opened = show(saved(tmp_path, conversation()))
    page = opened.page
    field = page.locator(".field", has_text="source port")
    field.focus()
    marked = page.locator(".hex .marked")
    assert marked.all_text_contents() == ["04", "4b"]
    page.locator(".octets").focus()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert "source port: 1099" in page.locator("#octet").text_content()
    assert "marked" in field.get_attribute("class")
    assert "frame 1" in page.locator("#place").text_content()


def test_two_conversations_that_differ_by_their_ports(show: Any) -> None:
    """The textbook's example: FTP from port 1305, the web from 1099, between the same hosts."""
    opened = show(PCAPS / "ftp-and-web.pcap")
    text = opened.page.locator("#ports").text_content()
    assert "there are 2 connections" in text
    ports = opened.page.locator("#ports .port text").all_text_contents()
    assert [port.split()[0] for port in ports] == ["1305", "1099", "21", "80"]
    assert opened.page.locator("#ports .link").count() == 2
    codes = opened.page.locator("#ports .chain code").all_text_contents()
    assert codes[2] == "192.168.1.5:1305, 192.168.1.7:21"


def test_by_keyboard_alone(show: Any, tmp_path: Path) -> None:
    """The Tab key comes everywhere, and out again at the end."""
    opened = show(saved(tmp_path, conversation()[:3]))
    page = opened.page
    visited = []
    for _ in range(300):
        page.keyboard.press("Tab")
        visited.append(
            page.locator(":focus").evaluate("e => e.getAttribute('class') || e.id || e.tagName")
            if page.locator(":focus").count()
            else "BODY"
        )
        if visited[-1] == "BODY":
            break
    assert visited[0] == "skip"
    assert visited[-1] == "BODY"
    for name in ("play", "slider", "time", "row current", "field main", "octets"):
        assert [each for each in visited if each.startswith(name)], name


def test_the_quiz(show: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 9293 section 3.4: a SYN takes one sequence number."""
    asked = Question("next", "What comes after SEQ 0?", ["0", "1"], 1, "A SYN takes one.", 2)
    monkeypatch.setattr("tracker.lesson.model.questions", lambda *_: [asked])
    opened = show(saved(tmp_path, conversation()))
    quiz = opened.page.locator("#quiz")
    check = quiz.get_by_role("button", name="Check")
    answer = quiz.locator(".answer")
    check.click()
    assert answer.text_content() == "Choose an answer first."
    see = quiz.get_by_role("button", name="See frame 2")
    assert see.count() == 0  # it could be the answer
    quiz.get_by_label("0", exact=True).check()
    check.click()
    assert answer.text_content() == "Not quite: 1. A SYN takes one."
    quiz.get_by_label("1", exact=True).check()
    check.click()
    assert answer.text_content() == "Right. A SYN takes one."
    assert quiz.locator("#score").text_content().startswith("0 of 1 right at the first try")
    see.click()
    assert "frame 2" in opened.page.locator("#place").text_content()


def test_words_lead_to_what_they_mean(show: Any, tmp_path: Path) -> None:
    opened = show(saved(tmp_path, conversation()[:3]))
    link = opened.page.locator("#said a.term", has_text="SYN").first
    link.click()
    target = opened.page.locator(":target dt").text_content()
    assert target == "SYN"
    places = opened.page.locator("a.term").evaluate_all(
        "links => links.every(a => document.getElementById(a.hash.slice(1)))"
    )
    assert places


def test_markup_in_the_capture_is_text(show: Any, tmp_path: Path) -> None:
    payload = b"<img src=x onerror=alert(1)></script><script>alert(2)</script>"
    frames = [*conversation()[:3], ethernet(ipv4(udp(payload, 5000, 53), 17))]
    opened = show(saved(tmp_path, frames), 1280, "light", "--title", HOSTILE)
    for position in range(len(opened.lesson["steps"]) + 1):
        opened.go(position)
    assert opened.page.locator("img, iframe").count() == 0
    assert opened.page.locator("h1").text_content().startswith("</script><script>")
    assert opened.page.title() != "run"


@pytest.mark.parametrize("octets", [b"", b"\0", b"\xff" * 60, bytes(range(256)) * 8])
def test_odd_octets_are_shown(show: Any, tmp_path: Path, octets: bytes) -> None:
    opened = show(saved(tmp_path, [*conversation()[:1], octets]))
    opened.go(2)
    cells = opened.page.locator(".hex span").all_text_contents()
    assert bytes.fromhex("".join(cells)) == octets


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_everybody_can_use_it(show: Any, width: int, scheme: str) -> None:
    """Axe finds nothing serious, and nothing makes the page wider than the window."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe judges the page: pip install axe-playwright-python",
    )
    opened = show(PCAPS / "half-closed.pcap", width, scheme)
    opened.go(4)
    violations = axe.Axe().run(opened.page).response["violations"]
    serious = [each for each in violations if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"]) for each in serious] == []
    wide = opened.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width


def test_five_hundred_frames_open_in_a_second(show: Any, tmp_path: Path) -> None:
    """And weigh less than 1.5 MB; the time is the browser's, until the page is drawn."""
    frames = [frame for port in range(1100, 1156) for frame in conversation(port)]
    started = time.monotonic()
    opened = show(saved(tmp_path, frames))
    assert opened.lesson["frames"] == 500
    assert (tmp_path / "page.html").stat().st_size < 1_500_000
    drawn = opened.page.evaluate(
        "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
    )
    assert drawn < 1000, f"{time.monotonic() - started:.1f} s in all"


def test_it_prints(show: Any) -> None:
    """All of the conversation is on paper, not only what the window shows."""
    opened = show(PCAPS / "ftp-and-web.pcap")
    opened.page.emulate_media(media="print")
    box = opened.page.locator("#sequence")
    assert box.evaluate("e => e.scrollHeight <= e.clientHeight + 2")
    assert opened.page.locator("#controls button").first.is_hidden()
    assert opened.page.pdf().startswith(b"%PDF-")
