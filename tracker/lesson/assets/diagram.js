// Figure 5 of RFC 9293, with both ends where they are.

const { figure } = lesson;
const boxes = new Map();
const arrows = new Map();

function boxAt(name, [x, y], key) {
  const [width, height] = figure.box;
  const box = g(
    "g",
    { class: "box" },
    g("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: 6 }),
    g("text", { x, y: y + 4 }, name),
  );
  boxes.set(key, { element: box, x, y });
  return box;
}

function arrowAt(drawn) {
  const [x1, y1, x2, y2] = drawn.line;
  const [x, y] = drawn.label;
  const words = drawn.words.map((text, line) =>
    g("tspan", { x, y: y + 12 * (line - drawn.words.length + 1) }, text),
  );
  const element = g(
    "g",
    { class: "transition" },
    g("line", { x1, y1, x2, y2 }),
    g("polygon", { points: head(x1, y1, x2, y2) }),
    g("text", { "text-anchor": drawn.anchor }, words),
  );
  arrows.set(`${drawn.from} ${drawn.to}`, element);
  return element;
}

function head(x1, y1, x2, y2) {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [across, down] = [(x2 - x1) / length, (y2 - y1) / length];
  const [x, y] = [x2 - 9 * across, y2 - 9 * down];
  return `${x2},${y2} ${x - 4 * down},${y + 4 * across} ${x + 4 * down},${y - 4 * across}`;
}

function buildDiagram() {
  const [width, height] = figure.size;
  const marks = g("g", { class: "marks" });
  const drawing = g(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, class: "figure", role: "img", "aria-labelledby": "positions" },
    figure.arrows.map(arrowAt),
    Object.entries(figure.places).map(([name, place]) => boxAt(name, place, name)),
    boxAt("CLOSED", figure.end, "end"),
    marks,
  );
  const pan = { class: "pan", tabindex: 0, role: "region", "aria-label": "State diagram" };
  show("diagram", h("p", { id: "positions", class: "positions" }), h("div", pan, drawing));
  show("further", furtherArrows());
  return marks;
}

function furtherArrows() {
  const found = figure.further.map(([before, after, words]) =>
    h("li", {}, `${before} → ${after}: ${words}`),
  );
  return h(
    "details",
    {},
    h("summary", {}, "Arrows that the figure does not draw"),
    h(
      "p",
      {},
      "Figure 5 has some arrows for two things at once, which are two arrows here: from SYN_SENT " +
        "to ESTABLISHED by way of SYN_RECEIVED, from FIN_WAIT_1 to TIME_WAIT by way of FIN_WAIT_2. " +
        "That a program begins to listen cannot be seen on the wire.",
    ),
    h("ul", {}, found),
  );
}

// Where an end is in the figure. CLOSED stands in it twice: before and after.
function boxOf(found) {
  if (!found?.state) return null;
  const over = found.state === "CLOSED" && found.frame > 0;
  return boxes.get(over ? "end" : found.state);
}

function markEnd(connection, side) {
  const box = boxOf(end(connection.number, side, here.position));
  if (!box) return null;
  const name = role(connection, side);
  const [width, height] = figure.box;
  const x = box.x + (name === "client" ? -1 : 1) * (width / 2 - 2);
  return g(
    "g",
    { class: `mark ${name}` },
    g("rect", { x: box.x - width / 2 - 3, y: box.y - height / 2 - 3, width: width + 6, height: height + 6, rx: 9 }),
    g("circle", { cx: x, cy: box.y - height / 2 - 2, r: 10 }),
    g("text", { x, y: box.y - height / 2 + 2 }, name === "client" ? "C" : "S"),
  );
}

// What the step took: an arrow of the figure, or one beside it.
function markChange(connection, said) {
  const name = role(connection, said.side);
  const [before, after] = [lesson.states[said.before], lesson.states[said.after]];
  const drawn = arrows.get(`${before} ${after}`);
  if (drawn) {
    drawn.classList.add("taken", name);
    return null;
  }
  const [from, to] = [boxes.get(before), boxes.get(after === "CLOSED" ? "end" : after)];
  return g("line", { class: `beside ${name}`, x1: from.x, y1: from.y, x2: to.x, y2: to.y });
}

const marks = buildDiagram();

function drawDiagram() {
  for (const element of arrows.values()) element.classList.remove("taken", "client", "server");
  const connection = byNumber.get(here.connection);
  if (!connection) return;
  const said = (step()?.said ?? []).filter(
    (each) => each.connection === connection.number && each.side !== undefined,
  );
  const sides = [connection.initiator, 1 - connection.initiator];
  marks.replaceChildren(
    ...said.map((each) => markChange(connection, each)).filter(Boolean),
    ...sides.map((side) => markEnd(connection, side)).filter(Boolean),
  );
  byId("positions").replaceChildren(...positions(connection, sides));
}

function positions(connection, sides) {
  if (connection.proto !== "TCP") return ["UDP has no connections, and so no states."];
  return sides.flatMap((side) => [
    h("span", { class: `badge ${role(connection, side)}` }, role(connection, side) === "client" ? "C" : "S"),
    ` ${role(connection, side)}: ${stateText(end(connection.number, side, here.position))} `,
  ]);
}

views.push(drawDiagram);
