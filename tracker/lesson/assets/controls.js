// How one goes from step to step: buttons, keys, a slider, a time, or by playing.

const PLAY_EVERY = 1200;
const playing = { timer: 0 };

function button(text, label, click) {
  return h("button", { type: "button", "aria-label": label, title: label, click }, text);
}

function togglePlay() {
  if (playing.timer) stop();
  else {
    if (here.position === steps.length) go(0);
    playing.timer = setInterval(playOne, PLAY_EVERY);
    drawControls();
  }
}

function playOne() {
  go(here.position + 1);
  if (here.position === steps.length) stop();
}

function stop() {
  clearInterval(playing.timer);
  playing.timer = 0;
  drawControls();
}

const play = h("button", { type: "button", id: "play", click: togglePlay }, "Play");
const slider = h("input", {
  type: "range",
  id: "slider",
  min: 0,
  max: steps.length,
  step: 1,
  "aria-label": "Step",
  input: () => go(Number(slider.value)),
});
const time = h("input", {
  type: "number",
  id: "time",
  step: "any",
  min: 0,
  change: () => go(positionAt(Math.round(Number(time.value) * 1e9))),
});
const place = h("output", { id: "place", for: "slider time" });

function drawControls() {
  slider.value = here.position;
  slider.setAttribute("aria-valuetext", placeText());
  place.textContent = placeText();
  if (document.activeElement !== time) time.value = step() ? String(Math.max(0, step().time) / 1e9) : "";
  play.textContent = playing.timer ? "Pause" : "Play";
}

function placeText() {
  const now = step();
  if (now === null) return `Before the first of ${counted(steps.length, "step")}`;
  return `Step ${here.position} of ${steps.length}: ${stepText(now)}, ${seconds(now.time)}`;
}

const KEYS = {
  ArrowRight: () => go(here.position + 1),
  ArrowLeft: () => go(here.position - 1),
  Home: () => go(0),
  End: () => go(steps.length),
};

// Where a key has a meaning of its own, it keeps it.
function pressed(event) {
  const isTaken = event.target.closest("input, select, textarea");
  if (isTaken || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (!(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
}

function drawHead() {
  byId("title").textContent = lesson.title;
  byId("about").textContent =
    `${lesson.file}: ${counted(lesson.frames, "frame")} of ` +
    `${counted(connections.length, "connection")}, from ${lesson.begin}.`;
  byId("left-out").hidden = !lesson.left_out.length;
  show("left-out", lesson.left_out.map((text) => h("li", {}, text)));
}

byId("controls").append(
  h(
    "div",
    { class: "buttons" },
    button("«", "To the beginning", KEYS.Home),
    button("‹", "Step back", KEYS.ArrowLeft),
    play,
    button("›", "Step on", KEYS.ArrowRight),
    button("»", "To the end", KEYS.End),
  ),
  slider,
  place,
  h("label", { class: "at" }, "as of ", time, " s"),
);
document.addEventListener("keydown", pressed);
views.push(drawControls);
drawHead();
go(Math.min(1, steps.length));
