// netstat's table of two hosts, as of the position.

const hosts = [...new Set(connections.flatMap((each) => ordered(each).map((s) => s.address)))];
const shownHosts = hosts.slice(0, 2);
const chosenHosts = { are: false };

function ordered(connection) {
  const [one, other] = connection.sockets;
  return connection.initiator ? [other, one] : [one, other];
}

// The rows that a host's netstat has: one for each end that it has and that is known to be there.
function rows(host, position) {
  const found = [];
  for (const connection of connections) {
    for (const side of [connection.initiator, 1 - connection.initiator]) {
      if (connection.sockets[side].address !== host) continue;
      const mine = end(connection.number, side, position);
      if (mine?.row) found.push({ connection, side, end: mine });
    }
  }
  return found;
}

function rowKey(row) {
  return `${row.connection.number}/${row.side}`;
}

function rowElement(row, before) {
  const { connection, side } = row;
  const changed = before === undefined || before.end.state !== row.end.state;
  const old = changed && before?.end.state ? `was ${before.end.state}; ` : "";
  const how = row.end.certainty
    ? `${row.end.certainty}, ${evidence(row.end)}`
    : `UDP has no states; ${row.end.pseudo}`;
  return h(
    "tr",
    { class: `${role(connection, side)}${changed ? " changed" : ""}` },
    h("td", {}, connection.proto),
    socketCell(connection.sockets[side]),
    socketCell(connection.sockets[1 - side]),
    h("td", {}, h("strong", {}, row.end.state), h("small", {}, `${old}${how}`)),
  );
}

// Where the column is too narrow, the port goes to the next line.
function socketCell(socket) {
  const port = `${socket.port}`;
  const host = socket.text.slice(0, -port.length);
  return h("td", { class: "socket" }, host, h("wbr"), port);
}

function evidence(found) {
  return found.frame ? `${found.event} in frame ${found.frame}` : found.event;
}

// What is said below the table: rows that have gone, ends that are only presumed to be there.
function besides(host, position) {
  const now = new Set(rows(host, position).map(rowKey));
  const before = position ? rows(host, position - 1) : [];
  const gone = before.filter((row) => !now.has(rowKey(row)));
  return [...gone.map(goneText), ...presumed(host, position)];
}

function goneText(row) {
  const was = row.end.state ? ` (was ${row.end.state})` : "";
  return `Gone: ${connectionText(row.connection)}${was}`;
}

function isPresumed(found) {
  return found?.state && !found.heard && found.state !== "CLOSED";
}

function presumed(host, position) {
  const found = [];
  for (const connection of connections) {
    for (const side of [0, 1]) {
      const other = end(connection.number, side, position);
      if (connection.sockets[side].address !== host || !isPresumed(other)) continue;
      found.push(
        `${connection.sockets[side].text} was not heard yet. Presumed, without a row: ` +
          `${stateText(other)}`,
      );
    }
  }
  return found;
}

function table(host, position) {
  const before = new Map();
  if (position) for (const row of rows(host, position - 1)) before.set(rowKey(row), row);
  const body = rows(host, position).map((row) => rowElement(row, before.get(rowKey(row))));
  const none = h("tr", {}, h("td", { colspan: 4, class: "none" }, "no connection"));
  const heads = ["Proto", "Local Address", "Foreign Address", "State"];
  return h(
    "table",
    {},
    h("caption", {}, `netstat on ${host}`),
    h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, body.length ? body : none),
  );
}

function hostChooser(place) {
  const options = hosts.map((host) =>
    h("option", { value: host, selected: host === shownHosts[place] }, host),
  );
  const change = (event) => {
    chosenHosts.are = true;
    shownHosts[place] = event.target.value;
    drawNetstat();
  };
  const select = h("select", { change }, options);
  views.push(() => {
    select.value = shownHosts[place];
  });
  return h("label", { class: "chooser" }, "Host ", select);
}

// The tables are those of the connection's hosts, unless somebody chose others.
function followHosts() {
  const connection = byNumber.get(here.connection);
  if (chosenHosts.are || !connection || shownHosts.length < 2) return;
  const [client, server] = ordered(connection).map((socket) => socket.address);
  if (client === server) return;
  [shownHosts[0], shownHosts[1]] = [client, server];
}

views.push(followHosts);

const panes = shownHosts.map((_, place) => {
  const content = h("div", { class: "table" });
  byId("netstat").append(
    h("div", { class: "pane" }, hosts.length > 2 ? hostChooser(place) : null, content),
  );
  return content;
});

function drawNetstat() {
  panes.forEach((pane, place) => {
    const host = shownHosts[place];
    const notes = besides(host, here.position).slice(0, 8);
    pane.replaceChildren(
      table(host, here.position),
      h("ul", { class: "notes" }, notes.map((text) => h("li", {}, text))),
    );
  });
}

views.push(drawNetstat);
