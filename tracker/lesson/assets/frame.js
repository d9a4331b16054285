// What a step did, in words; the frame, layer in layer; its octets.

function saidElement(said, seen) {
  const connection = byNumber.get(said.connection);
  const rule = said.rule === undefined ? "" : `Rule ${said.rule}. `;
  const source = [rule + said.source, said.certainty].filter(Boolean).join("; ");
  return h(
    "li",
    { class: said.side === undefined ? "" : role(connection, said.side) },
    said.side === undefined ? null : changeElement(connection, said),
    h("p", {}, glossed(said.text, seen)),
    h("p", { class: "source" }, source, evidenceElement(said)),
  );
}

// The frame that proves a state; a way there, where it is another one.
function evidenceElement(said) {
  if (!said.evidence) return null;
  const text = `frame ${said.evidence}`;
  const click = () => goToFrame(said.evidence);
  const isHere = step().frame === said.evidence;
  const place = isHere ? text : h("button", { type: "button", class: "way", click }, text);
  return [", evidence: ", place];
}

function changeElement(connection, said) {
  const ends = known(said.connection, here.position);
  const proved = ends === null || ends[said.side][3] === 1;
  const states = [lesson.states[said.before], lesson.states[said.after]];
  return h(
    "p",
    { class: "change" },
    h("span", { class: "who" }, role(connection, said.side)),
    ` ${proved ? states.join(" → ") : states.map((state) => `(${state})`).join(" → ")}`,
  );
}

function partElement(part) {
  const [number, side, text, kind] = part;
  const connection = byNumber.get(number);
  const [from, to] = [connection.sockets[side].text, connection.sockets[1 - side].text];
  return h(
    "p",
    { class: "segment" },
    h("span", { class: `who ${role(connection, side)}` }, role(connection, side)),
    ` ${from} → ${to} `,
    h("code", {}, text),
    ` ${kind}`,
  );
}

function drawSaid() {
  const now = step();
  if (now === null) {
    show("said", h("p", {}, "Before the first frame: nothing was seen, so no table has a row."));
    return;
  }
  const seen = new Set();
  const names = now.new ?? [];
  show(
    "said",
    h("p", { class: "when" }, `${whenText(now)}, ${seconds(now.time)}`),
    (now.parts ?? []).map(partElement),
    h("ul", { class: "sayings" }, (now.said ?? []).map((said) => saidElement(said, seen))),
    reasonTexts(now).map((text) => h("p", {}, text)),
    names.length ? h("dl", { class: "new" }, definitions(names)) : null,
  );
}

// Why nothing is said of a frame, or not of all that is in it.
function reasonTexts(now) {
  if (now.reasons) return now.reasons.map((text) => `Not followed any further: ${text}.`);
  if (concerned(now).length) return [];
  return ["It carries neither TCP nor UDP that could be followed: it changes no table."];
}

function whenText(now) {
  const isAfter = now.time > lesson.end;
  if (!now.frame) return isAfter ? "After the last frame, if nothing more comes" : "No frame: time passes";
  return `Frame ${now.frame}, ${counted(now.wire, "octet")}`;
}

// --- layers -------------------------------------------------------------------------------------

// The frame that is shown, and its fields, in the order in which they are drawn.
const frame = { fields: [], octets: new Uint8Array(), cells: [], cursor: 0 };

function word(place) {
  return lesson.words[place];
}

// What the lesson is about; the other fields stand back.
const MAIN = new RegExp(
  "^((source|destination) (MAC address|address|port)|EtherType|protocol|next header|data|" +
    "sequence number|acknowledgment number|control bits|window)$",
  "i",
);

function layerElement(layers, index) {
  if (index === layers.length) return null;
  const [name, number, , length, fields] = layers[index];
  const title = number === null ? word(name) : `Layer ${number}: ${word(name)}`;
  return h(
    "div",
    { class: `layer layer-${number ?? "above"}` },
    h("h3", {}, title, h("small", {}, ` ${counted(length, "octet")}`)),
    h("ul", { class: "fields" }, fields.map((field) => h("li", {}, fieldElement(field)))),
    layerElement(layers, index + 1),
  );
}

function fieldElement([label, value, start, length, bits]) {
  const place = frame.fields.length;
  const isMain = MAIN.test(word(label));
  const element = h(
    "button",
    { type: "button", class: isMain ? "field main" : "field", mouseenter: mark, focus: mark, mouseleave: unmark, blur: unmark },
    h("span", { class: "label" }, word(label)),
    h("span", { class: "value" }, word(value)),
  );
  function mark() {
    markField(place);
  }
  frame.fields.push({ label: word(label), value: word(value), start, length, bits: word(bits), element });
  return element;
}

function markField(place) {
  unmark();
  const field = frame.fields[place];
  field.element.classList.add("marked");
  for (let at = field.start; at < field.start + field.length; at += 1) {
    frame.cells[at]?.forEach((cell) => cell.classList.add("marked"));
  }
  tellField(field);
}

function unmark() {
  for (const field of frame.fields) field.element.classList.remove("marked");
  for (const cells of frame.cells) cells.forEach((cell) => cell.classList.remove("marked", "cursor"));
}

function tellField(field) {
  const last = field.start + field.length - 1;
  const octets = field.length === 1 ? `octet ${field.start}` : `octets ${field.start} to ${last}`;
  const bits = field.bits ? `, bits ${field.bits}` : "";
  byId("octet").textContent = `${field.label}: ${field.value} (${octets}${bits})`;
}

// --- octets -------------------------------------------------------------------------------------

// The field of an octet: of those that hold it, the shortest.
function fieldOf(at) {
  let found = -1;
  frame.fields.forEach((field, place) => {
    if (at < field.start || at >= field.start + field.length) return;
    if (found < 0 || field.length < frame.fields[found].length) found = place;
  });
  return found;
}

function markOctet(at) {
  const place = fieldOf(at);
  if (place >= 0) markField(place);
  else {
    unmark();
    byId("octet").textContent = `octet ${at}`;
  }
  frame.cursor = at;
  frame.cells[at]?.forEach((cell) => cell.classList.add("cursor"));
}

function readable(octet) {
  return octet > 32 && octet < 127 ? String.fromCharCode(octet) : "·";
}

function dumpLine(start) {
  const octets = [...frame.octets.slice(start, start + 16)];
  const hex = octets.map((octet) => h("span", {}, octet.toString(16).padStart(2, "0")));
  const text = octets.map((octet) => h("span", {}, readable(octet)));
  octets.forEach((_, index) => {
    frame.cells[start + index] = [hex[index], text[index]];
    hex[index].dataset.at = text[index].dataset.at = start + index;
  });
  return h(
    "div",
    { class: "line" },
    h("span", { class: "offset" }, start.toString(16).padStart(4, "0")),
    h("span", { class: "hex" }, hex),
    h("span", { class: "text" }, text),
  );
}

// The octets that the keys lead to, from where the cursor is.
const WAYS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 16, ArrowUp: -16 };

function moveCursor(event) {
  if (!(event.key in WAYS) || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  const at = frame.cursor + WAYS[event.key];
  if (at >= 0 && at < frame.octets.length) markOctet(at);
}

function pointAt(event) {
  if (event.target.dataset.at !== undefined) markOctet(Number(event.target.dataset.at));
}

function dumpElement(now) {
  const lines = [];
  for (let start = 0; start < frame.octets.length; start += 16) lines.push(dumpLine(start));
  return h(
    "div",
    {
      class: "octets",
      tabindex: 0,
      role: "group",
      "aria-label": "Octets of the frame; the arrow keys go from one to the next",
      keydown: moveCursor,
      mouseover: pointAt,
      mouseleave: unmark,
      focus: () => markOctet(Math.min(frame.cursor, frame.octets.length - 1)),
      blur: unmark,
    },
    lines,
    missing(now),
  );
}

function missing(now) {
  const more = now.captured - frame.octets.length;
  const uncaptured = now.wire - now.captured;
  const texts = [];
  if (more > 0) texts.push(`${counted(more, "octet")} more, not on this page`);
  if (uncaptured > 0) texts.push(`${counted(uncaptured, "octet")} more, not captured`);
  return texts.length ? h("p", {}, `… ${texts.join("; ")}`) : null;
}

function drawFrame() {
  const now = step();
  frame.fields = [];
  frame.cells = [];
  frame.cursor = 0;
  if (!now?.frame) {
    show("layers", h("p", {}, "No frame belongs to this step."));
    show("dump");
    return;
  }
  frame.octets = Uint8Array.from(atob(now.octets ?? ""), (sign) => sign.charCodeAt(0));
  show("layers", layerElement(now.layers ?? [], 0));
  show("dump", h("p", { id: "octet", class: "octet", role: "status" }, "\u00a0"), dumpElement(now));
}

views.push(drawSaid, drawFrame);
