// What is wrong with a page for who reads it with a keyboard, a screen reader, or weak eyes: a list of sentences. The
// body of a function.
const wrong = [];
const name = (element) => {
  const id = element.id ? `#${element.id}` : "";
  return `<${element.localName}${id} class="${element.getAttribute("class") ?? ""}"> ${element.textContent.trim().slice(0, 40)}`;
};
const visible = (element) => element.checkVisibility?.() ?? true;

// ---- names and structure ----

if (!document.documentElement.lang) wrong.push("the page has no language");
if (!document.title) wrong.push("the page has no title");
for (const [selector, count] of [["main", 1], ["h1", 1]]) {
  const found = document.querySelectorAll(selector).length;
  if (found !== count) wrong.push(`${found} of ${selector}, not ${count}`);
}
const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) wrong.push(`two elements are #${id}`);
for (const attribute of ["aria-labelledby", "aria-describedby", "for", "data-copy"]) {
  for (const element of document.querySelectorAll(`[${attribute}]`)) {
    for (const id of element.getAttribute(attribute).split(/\s+/)) {
      if (!document.getElementById(id)) wrong.push(`${name(element)}: there is no #${id}`);
    }
  }
}
let level = 1;
for (const heading of [...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].filter(visible)) {
  const own = Number(heading.localName[1]);
  if (own > level + 1) wrong.push(`${name(heading)} comes behind a heading of level ${level}`);
  if (!heading.textContent.trim()) wrong.push(`${name(heading)} is empty`);
  level = own;
}
for (const button of document.querySelectorAll("button, summary, a[href]")) {
  if (!(button.getAttribute("aria-label") ?? button.textContent).trim()) wrong.push(`${name(button)} has no name`);
}
for (const input of document.querySelectorAll("input, select, textarea")) {
  if (!input.labels?.length && !input.getAttribute("aria-label")) wrong.push(`${name(input)} has no label`);
}
for (const drawing of document.querySelectorAll("svg")) {
  if (drawing.getAttribute("role") !== "img") wrong.push(`${name(drawing)} is no img`);
  const named = drawing.getAttribute("aria-label") ?? document.getElementById(drawing.getAttribute("aria-labelledby"))?.textContent;
  if (!named?.trim()) wrong.push(`${name(drawing)} has no name`);
}
for (const cell of document.querySelectorAll("th")) {
  if (!cell.scope) wrong.push(`${name(cell)} has no scope`);
  if (!cell.textContent.trim()) wrong.push(`${name(cell)} is the head of nothing`);
}
for (const list of document.querySelectorAll("ul, ol")) {
  for (const child of list.children) if (child.localName !== "li") wrong.push(`${name(child)} is in a list, and no item`);
}
for (const element of [...document.querySelectorAll("*")].filter(visible)) {
  const style = getComputedStyle(element);
  const scrolls = /auto|scroll/.test(style.overflowX + style.overflowY) && element !== document.scrollingElement;
  const over = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
  const reached = element.tabIndex >= 0 || element.querySelector("a[href], button, input, summary, [tabindex]");
  if (scrolls && over && !reached) wrong.push(`${name(element)} scrolls, and no key reaches it`);
}

// ---- contrast ----

const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgba = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const luminance = ([r, g, b]) => {
  const part = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
};
const contrast = (a, b) => {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};
const ground = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = rgba(getComputedStyle(at).backgroundColor);
    if (colour[3] === 255) return colour;
  }
  return [255, 255, 255, 255];
};
// Of a text in a drawing: what is painted last below its middle, before the text itself.
const painted = (text) => {
  const box = text.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  let colour = ground(text.ownerSVGElement.parentElement);
  for (const shape of text.ownerSVGElement.querySelectorAll("rect, path, text")) {
    if (shape === text) break;
    const at = shape.getBoundingClientRect();
    const inside = x > at.left && x < at.right && y > at.top && y < at.bottom;
    const style = getComputedStyle(shape);
    if (!inside || shape.localName === "text" || style.fill === "none" || shape.closest("defs")) continue;
    const fill = rgba(style.fill);
    if (fill[3] === 255) colour = fill;
  }
  return colour;
};
const check = (element, colour, below) => {
  const style = getComputedStyle(element);
  const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
  const found = contrast(rgba(colour), below);
  if (found < (large ? 3 : 4.5)) wrong.push(`${name(element)}: a contrast of ${found.toFixed(2)}`);
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const seen = new Set();
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || seen.has(element) || !visible(element)) continue;
  seen.add(element);
  if (element.closest("script, style, title, button:disabled, .unseen, .skip")) continue;
  if (element.ownerSVGElement) check(element, getComputedStyle(element).fill, painted(element));
  else check(element, getComputedStyle(element).color, ground(element));
}
return wrong;
