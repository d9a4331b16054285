// Elements are made here, and nowhere else. Text becomes text nodes: nothing of a capture is ever
// read as markup.

const SVG = "http://www.w3.org/2000/svg";

function byId(id) {
  return document.getElementById(id);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== ""));
  return element;
}

// An HTML element: attributes that are functions are listeners.
function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

// The same of SVG.
function g(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function show(id, ...children) {
  byId(id).replaceChildren(...children.flat(Infinity).filter((child) => child !== null));
}

function counted(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

// Draws anew when the width of an element changes: text in a drawing that is only scaled gets too
// small to read.
function whenResized(element, draw) {
  let width = 0;
  new ResizeObserver(() => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    draw();
  }).observe(element);
}
