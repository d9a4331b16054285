// Words that need an explanation are links to it.

const terms = Object.keys(lesson.terms).sort((one, other) => other.length - one.length);
const anyTerm = new RegExp(`(?<![\\w<=,-])(${terms.map(quoted).join("|")})(e?s)?(?![\\w>,=-])`, "g");

function quoted(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function termId(term) {
  return `term-${term.replace(/[^A-Za-z0-9_]/g, "-")}`;
}

// The text with its terms as links, each where `seen` has not got it yet.
function glossed(text, seen = new Set()) {
  const pieces = [];
  let at = 0;
  for (const match of text.matchAll(anyTerm)) {
    if (seen.has(match[1])) continue;
    seen.add(match[1]);
    pieces.push(text.slice(at, match.index), termLink(match[1], match[0]));
    at = match.index + match[0].length;
  }
  return [...pieces, text.slice(at)];
}

function termLink(term, text) {
  return h("a", { class: "term", href: `#${termId(term)}`, title: lesson.terms[term] }, text);
}

function definitions(names) {
  return names.flatMap((name) => [h("dt", {}, name), h("dd", {}, lesson.terms[name])]);
}

function drawWords() {
  const names = Object.keys(lesson.terms).sort((one, other) => one.localeCompare(other, "en"));
  show(
    "words",
    names.map((name) =>
      h("div", { id: termId(name) }, h("dt", {}, name), h("dd", {}, lesson.terms[name])),
    ),
  );
}

drawWords();
