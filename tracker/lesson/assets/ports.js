// From ports to sockets, from sockets to a socket pair, from there to a row: what tells the
// connections between two hosts apart.

const MOST_LINES = 12;

// The connections between the two hosts of `connection`, each with its ends in the same order.
function between(connection) {
  const [client, server] = ordered(connection);
  const found = [];
  for (const each of connections) {
    for (const side of [0, 1]) {
      const [one, other] = [each.sockets[side], each.sockets[1 - side]];
      if (one.address !== client.address || other.address !== server.address) continue;
      if (client.address === server.address && side !== each.initiator) continue;
      found.push({ connection: each, side });
    }
  }
  return some(found, connection);
}

// The first of them, with the one that is chosen.
function some(found, connection) {
  const first = found.slice(0, MOST_LINES);
  if (first.some((each) => each.connection === connection)) return { lines: first, all: found };
  return { lines: [...first.slice(1), found.find((each) => each.connection === connection)], all: found };
}

function drawPorts() {
  const connection = byNumber.get(here.connection);
  if (!connection) return;
  const { lines: drawn, all } = between(connection);
  show(
    "ports",
    h("p", { class: "lead" }, portsText(connection, drawn, all)),
    portsPicture(connection, drawn),
    chain(connection),
  );
}

function portsText(connection, drawn, all) {
  const [client, server] = ordered(connection);
  const few = drawn.length < all.length ? ` ${drawn.length} of them are drawn.` : "";
  if (all.length === 1) {
    return `Between ${client.address} and ${server.address} there is one connection. The port ` +
      "tells which program of a host is meant.";
  }
  return `Between ${client.address} and ${server.address} there are ${all.length} connections. ` +
    `All of them have the same two addresses: only the ports tell them apart.${few}`;
}

// --- the drawing --------------------------------------------------------------------------------

function portsPicture(connection, drawn) {
  const width = Math.max(300, Math.min(byId("ports").clientWidth || 700, 820));
  const sides = [0, 1].map((far) => portPlaces(drawn, far));
  const tall = 58 + 34 * Math.max(sides[0].size, sides[1].size);
  const edges = [14 + 84, width - 14 - 84];
  return g(
    "svg",
    { width, height: tall + 8, role: "img", "aria-label": pictureText(drawn) },
    hostBox(ordered(connection)[0].address, 4, 190, tall, width),
    hostBox(ordered(connection)[1].address, width - 194, 190, tall, width),
    drawn.map((line) => portLine(line, sides, edges, connection)),
    sides.map((ports, far) => [...ports].map(([port, at]) => portBox(port, at, far, width, drawn))),
  );
}

function pictureText(drawn) {
  const lines = drawn.map(({ connection, side }) =>
    `port ${connection.sockets[side].port} with port ${connection.sockets[1 - side].port}`,
  );
  return `Which ports talk to which: ${lines.join("; ")}`;
}

function portPlaces(drawn, far) {
  const ports = drawn.map(({ connection, side }) => connection.sockets[far ? 1 - side : side].port);
  return new Map([...new Set(ports)].map((port, index) => [port, 64 + 34 * index]));
}

function hostBox(address, x, wide, tall, width) {
  const isNarrow = width < 480;
  const box = isNarrow ? { x: x < 10 ? 2 : width - 142, width: 140 } : { x, width: wide };
  const middle = box.x + box.width / 2;
  return g(
    "g",
    { class: "host" },
    g("rect", { ...box, y: 4, height: tall, rx: 8 }),
    g("text", { x: middle, y: 24, class: "what" }, "host"),
    g("text", { x: middle, y: 41, class: "address" }, address),
  );
}

function portBox(port, at, far, width, drawn) {
  const x = far ? width - 98 - (width < 480 ? 0 : 0) : 14;
  const name = drawn
    .map(({ connection, side }) => connection.sockets[far ? 1 - side : side])
    .find((socket) => socket.port === port).service;
  const text = far && name ? `${port} ${name}` : `${port}`;
  return g(
    "g",
    { class: "port" },
    g("rect", { x, y: at - 14, width: 84, height: 26, rx: 5 }),
    g("text", { x: x + 42, y: at + 3 }, text.length > 12 ? `${port}` : text),
  );
}

function portLine({ connection, side }, sides, edges, current) {
  const [one, other] = [connection.sockets[side].port, connection.sockets[1 - side].port];
  const isSeen = known(connection.number, here.position) !== null;
  const classes = ["link", connection === current ? "current" : "", isSeen ? "" : "later"];
  return g("line", {
    class: classes.join(" "),
    x1: edges[0],
    y1: sides[0].get(one) - 1,
    x2: edges[1],
    y2: sides[1].get(other) - 1,
  });
}

// --- the chain ----------------------------------------------------------------------------------

function chain(connection) {
  const [client, server] = ordered(connection);
  const ports = [client.port, server.port].join(" and ");
  return h(
    "ol",
    { class: "chain" },
    link("Two ports", ports, "The client's host picks its port; it is the return address of the program that asks. The server's is known beforehand."),
    link("Two sockets", `${client.text} and ${server.text}`, "A socket is an address and a port together: one end of the conversation."),
    link("One socket pair", pairText(connection), "Both sockets together tell this connection from all others."),
    link("A row at each host", rowTexts(connection), "Each host's netstat calls its own socket local and the other one foreign."),
  );
}

function link(title, text, why) {
  const texts = Array.isArray(text) ? text : [text];
  return h("li", {}, h("h3", {}, title), texts.map((each) => h("code", {}, each)), h("p", {}, why));
}

function rowTexts(connection) {
  return [connection.initiator, 1 - connection.initiator].map((side) => {
    const found = end(connection.number, side, here.position);
    const [mine, other] = [connection.sockets[side].text, connection.sockets[1 - side].text];
    return found?.row
      ? `${connection.proto} ${mine} ${other} ${found.state}`.trim()
      : `${connection.sockets[side].address}: no row now`;
  });
}

views.push(drawPorts);
whenResized(byId("ports"), drawPorts);
