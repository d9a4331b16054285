// The conversation: a lifeline for each end, an arrow for each segment.

const ROW = 36;
const STATES = 20;
const sequence = { connection: 0, rows: new Map() };

// What a step has of a connection: its segments, and the states that it left other than before.
function items(connection) {
  const found = [];
  steps.forEach((each, index) => {
    if (!concerned(each).includes(connection.number)) return;
    const parts = (each.parts ?? []).filter((part) => part[0] === connection.number);
    found.push({ position: index + 1, step: each, parts, states: newStates(connection, index + 1) });
  });
  return found;
}

function newStates(connection, position) {
  return [0, 1].map((side) => {
    const now = end(connection.number, side, position);
    const before = end(connection.number, side, position - 1);
    if (!now?.state || (before && stateText(now) === stateText(before))) return "";
    return stateText(now);
  });
}

// The states before the first segment, as the changes that it made say.
function firstStates(connection, found) {
  const said = found.length ? (found[0].step.said ?? []) : [];
  return [0, 1].map((side) => {
    const first = said.find((each) => each.connection === connection.number && each.side === side);
    return first ? `(${lesson.states[first.before]})` : "";
  });
}

function drawSequence() {
  const connection = byNumber.get(here.connection);
  if (!connection) return;
  if (sequence.connection !== connection.number) buildSequence(connection);
  drawEnds(connection);
  markSequence();
}

function buildSequence(connection) {
  sequence.connection = connection.number;
  sequence.rows.clear();
  const place = lines(connection, byId("sequence").clientWidth || 600);
  const found = items(connection);
  let y = 6;
  const drawn = [stateTexts(place, firstStates(connection, found), y + 12)];
  y += STATES;
  for (const item of found) {
    const row = rowGroup(place, item, y);
    drawn.push(row);
    sequence.rows.set(item.position, { element: row, y, height: height(item) });
    y += height(item);
  }
  show("sequence", picture(place, y + 10, drawn));
}

// Where the lifelines are; x[side] is that of the end at `side`.
function lines(connection, width) {
  const left = width < 520 ? 38 : 116;
  const x = connection.initiator ? [width - 8, left] : [left, width - 8];
  return { connection, width, x, left, right: width - 8, isNarrow: width < 520 };
}

function picture(place, tall, drawn) {
  const lifelines = [0, 1].map((side) =>
    g("line", {
      class: `lifeline ${role(place.connection, side)}`,
      x1: place.x[side],
      x2: place.x[side],
      y1: 4,
      y2: tall - 4,
    }),
  );
  return g(
    "svg",
    {
      width: place.width,
      height: tall,
      viewBox: `0 0 ${place.width} ${tall}`,
      role: "group",
      "aria-label": "Segments in the order in which they were seen; the up and down keys choose one",
      keydown: chooseByKey,
    },
    lifelines,
    drawn,
  );
}

function height(item) {
  const arrows = Math.max(item.parts.length, 1) * ROW;
  return arrows + (item.states.some(Boolean) ? STATES : 4);
}

function rowGroup(place, item, y) {
  return g(
    "g",
    {
      class: "row",
      role: "button",
      tabindex: -1,
      "aria-label": rowText(place.connection, item),
      click: () => go(item.position),
    },
    g("rect", { class: "back", x: 0, y, width: place.width, height: height(item) }),
    gutter(place, item, y),
    item.parts.map((part, index) => arrow(place, part, y + index * ROW)),
    item.parts.length ? [] : [note(place, item, y)],
    stateTexts(place, item.states, y + height(item) - 7),
  );
}

function gutter(place, item, y) {
  const time = place.isNarrow ? null : g("text", { class: "time", x: 4, y: y + 32 }, seconds(item.step.time));
  return [g("text", { class: "number", x: 4, y: y + 17 }, item.step.frame ? `#${item.step.frame}` : ""), time];
}

function rowText(connection, item) {
  const parts = item.parts.map((part) => `${role(connection, part[1])} sends ${part[2]}`);
  const states = item.states.flatMap((text, side) =>
    text ? [`${role(connection, side)} now ${text}`] : [],
  );
  return [stepText(item.step), ...parts, ...states].join("; ");
}

function arrow(place, part, y) {
  const [, side, text] = part;
  const way = place.x[side] < place.x[1 - side] ? 1 : -1;
  const [from, to] = [place.x[side], place.x[1 - side] - 9 * way];
  const tip = `${to + 8 * way},${y + 30} ${to},${y + 25} ${to},${y + 35}`;
  const name = role(place.connection, side);
  return [
    g("text", { class: "notation", x: (place.left + place.right) / 2, y: y + 15 }, text),
    g("line", { class: `arrow ${name}`, x1: from, y1: y + 22, x2: to, y2: y + 30 }),
    g("polygon", { class: `tip ${name}`, points: tip }),
  ];
}

function note(place, item, y) {
  const text = `${seconds(item.step.time)}: time passes`;
  return g("text", { class: "notation", x: (place.left + place.right) / 2, y: y + 22 }, text);
}

function stateTexts(place, texts, y) {
  return texts.map((text, side) => {
    if (!text) return g("g");
    const isLeft = place.x[side] === place.left;
    const name = role(place.connection, side);
    const x = place.x[side] + (isLeft ? 9 : -9);
    const anchor = isLeft ? "start" : "end";
    return g(
      "g",
      {},
      g("circle", { class: `dot ${name}`, cx: place.x[side], cy: y - 4, r: 4.5 }),
      g("text", { class: `state ${name}`, x, y, "text-anchor": anchor }, text),
    );
  });
}

// --- where one is -------------------------------------------------------------------------------

function drawEnds(connection) {
  const sides = [connection.initiator, 1 - connection.initiator];
  show(
    "ends",
    sides.map((side) => {
      const found = end(connection.number, side, here.position);
      return h(
        "div",
        { class: role(connection, side) },
        h("span", { class: "who" }, role(connection, side)),
        h("code", {}, connection.sockets[side].text),
        h("strong", {}, stateText(found)),
        found?.doubt ? h("small", {}, "holds while it goes on repeating") : null,
      );
    }),
  );
}

function markSequence() {
  let current = null;
  for (const [position, row] of sequence.rows) {
    const is = position === here.position;
    row.element.classList.toggle("current", is);
    row.element.classList.toggle("later", position > here.position);
    if (is) row.element.setAttribute("aria-current", "step");
    else row.element.removeAttribute("aria-current");
    row.element.setAttribute("tabindex", is ? 0 : -1);
    if (position <= here.position) current = row;
  }
  const first = sequence.rows.values().next().value;
  if (first && !sequence.rows.has(here.position)) (current ?? first).element.setAttribute("tabindex", 0);
  if (current) scrollTo(current);
}

// Only the drawing scrolls, not the page.
function scrollTo(row) {
  const box = byId("sequence");
  if (row.y < box.scrollTop) box.scrollTop = row.y - 20;
  const below = row.y + row.height - box.clientHeight;
  if (below > box.scrollTop) box.scrollTop = below + 20;
}

function chooseByKey(event) {
  const positions = [...sequence.rows.keys()];
  const focused = positions.findIndex((each) => sequence.rows.get(each).element === document.activeElement);
  const next = { ArrowDown: focused + 1, ArrowUp: focused - 1, Enter: focused, " ": focused }[event.key];
  if (next === undefined || focused < 0) return;
  event.preventDefault();
  event.stopPropagation();
  if (!positions[next]) return;
  go(positions[next]);
  sequence.rows.get(positions[next]).element.focus({ preventScroll: true });
}

function drawChooser() {
  if (connections.length < 2) return;
  const options = connections.map((each) => h("option", { value: each.number }, connectionText(each)));
  const select = h("select", { change: () => choose(Number(select.value)) }, options);
  show("chooser", h("label", { class: "chooser" }, "Connection ", select));
  views.push(() => {
    select.value = here.connection;
  });
}

function redrawSequence() {
  sequence.connection = 0;
  drawSequence();
}

drawChooser();
views.push(drawSequence);
whenResized(byId("sequence"), redrawSequence);
