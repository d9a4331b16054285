// What the page knows, and where in it one is. Position 0 is before the first step, position n
// after the n-th.

const lesson = JSON.parse(byId("lesson").textContent);
const { steps, connections } = lesson;
const byNumber = new Map(connections.map((connection) => [connection.number, connection]));
const here = { position: 0, connection: connections.length ? connections[0].number : 0 };
const views = [];

// For each connection, what its ends were from which position on.
const histories = new Map(connections.map((connection) => [connection.number, []]));
steps.forEach((step, index) => {
  for (const [number, ends] of Object.entries(step.ends ?? {})) {
    histories.get(Number(number))?.push({ position: index + 1, ends });
  }
});

// What is known of a connection at a position, null before its first segment.
function known(number, position) {
  const history = histories.get(number);
  let low = 0;
  let high = history.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (history[middle].position <= position) low = middle + 1;
    else high = middle;
  }
  return low ? history[low - 1].ends : null;
}

function end(number, side, position) {
  const ends = known(number, position);
  if (ends === null) return null;
  const [state, certainty, row, heard, frame, event, doubt] = ends[side];
  return {
    state: lesson.states[state] ?? "",
    certainty: lesson.certainties[certainty] ?? "",
    row: row === 1,
    heard: heard === 1,
    frame,
    event: lesson.events[event] ?? "",
    doubt: doubt >= 0,
    pseudo: ends[2],
  };
}

// A state as it is shown: in parentheses where nothing proves it yet.
function stateText(found) {
  if (found === null) return "not seen yet";
  if (!found.state) return found.pseudo || "no state";
  return found.heard || found.state === "CLOSED" ? found.state : `(${found.state})`;
}

function role(connection, side) {
  return side === connection.initiator ? "client" : "server";
}

function pairText(connection) {
  const sockets = connection.sockets.map((socket) => socket.text);
  if (connection.initiator) sockets.reverse();
  return sockets.join(", ");
}

function connectionText(connection) {
  const again = connection.generation > 1 ? `, generation ${connection.generation}` : "";
  return `${connection.proto} ${pairText(connection)}${again}`;
}

function seconds(nanoseconds) {
  const whole = nanoseconds / 1e9;
  return `${whole < 0 ? "" : "+"}${whole.toFixed(whole < 100 ? 6 : 3)} s`;
}

function stepText(step) {
  return step.frame ? `frame ${step.frame}` : "time passes";
}

// The connections that a step is about.
function concerned(step) {
  const told = [...(step.parts ?? []).map((part) => part[0])];
  return [...told, ...(step.said ?? []).map((said) => said.connection)];
}

function step() {
  return here.position ? steps[here.position - 1] : null;
}

function go(position) {
  here.position = Math.max(0, Math.min(steps.length, position));
  const about = step() ? concerned(step()) : [];
  if (about.length && !about.includes(here.connection)) here.connection = about[0];
  draw();
}

function choose(number) {
  here.connection = number;
  draw();
}

function goToFrame(frame) {
  const index = steps.findIndex((each) => each.frame === frame);
  if (index >= 0) go(index + 1);
}

// The position as of a time, ns after the first frame: after the last step that is not later.
function positionAt(time) {
  let position = 0;
  steps.forEach((each, index) => {
    if (each.time <= time) position = index + 1;
  });
  return position;
}

function draw() {
  for (const view of views) view();
}
