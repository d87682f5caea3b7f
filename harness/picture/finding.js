// The page of a finding: steps through its timeline, and shows the state at each step. Everything that is shown is
// set as text, never as markup.
"use strict";

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const steps = data.steps;
  const range = document.getElementById("step");
  if (!range || steps.length === 0) return;

  const state = document.getElementById("state");
  const drawing = document.getElementById("drawing");
  const timeline = document.getElementById("timeline");
  const cursor = document.getElementById("cursor");
  const column = Number(drawing.dataset.column);
  const signs = { ok: "✓", refused: "⊘", short: "△", skipped: "–", broken: "✖", died: "✖" };

  // What words mean: shown where a pointer rests on one.
  const glossary = new Map();
  for (const term of document.querySelectorAll("#glossary dt")) {
    for (const word of term.textContent.split(", ")) glossary.set(word, term.nextElementSibling.textContent);
  }

  // Each step has what changed; what did not is of an earlier one.
  const whole = [];
  let before = { devices: {}, model: null, seen: null };
  for (const step of steps) {
    before = {
      devices: { ...before.devices, ...(step.devices ?? {}) },
      model: step.model ?? before.model,
      seen: step.seen ?? before.seen,
    };
    whole.push(before);
  }

  const make = (name, text, className) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  };

  // A table of rows [what, by the model, as it showed, whether that differs].
  const table = (caption, rows) => {
    const made = make("table");
    made.append(make("caption", caption));
    const head = make("tr");
    head.append(make("td"));
    for (const text of ["model", "implementation"]) {
      const cell = make("th", text);
      cell.scope = "col";
      head.append(cell);
    }
    const top = make("thead");
    top.append(head);
    const body = make("tbody");
    for (const [what, model, seen, differs] of rows) {
      const row = make("tr", undefined, differs ? "differs" : "");
      const name = make("th", what);
      name.scope = "row";
      if (glossary.has(what)) name.title = glossary.get(what);
      row.append(name, make("td", model), make("td", seen ? (differs ? "✖ " : "") + seen : "–"));
      body.append(row);
    }
    made.append(top, body);
    return made;
  };

  const ledgerRows = ({ model, seen }) =>
    data.ledger
      .map((what, i) => [what, String(model[i]), String(seen[i]), model[i] !== seen[i]])
      .filter(([, model_, seen_]) => model_ !== "0" || seen_ !== "0");

  const describe = (step) => {
    const made = make("div", undefined, "step-text");
    const head = make("h3");
    head.append(make("span", signs[step.outcome], `sign ${step.outcome}`), ` Step ${step.n}: `, make("code", step.text));
    const facts = make("dl", undefined, "facts");
    const fact = (what, text) => text && facts.append(make("dt", what), make("dd", text));
    fact("By", step.maker);
    fact("Expected", step.expected);
    fact("Came back", step.got);
    fact("Levels", step.irql);
    made.append(head, facts);
    if (step.inner) {
      const list = make("ul", undefined, "inner");
      for (const line of step.inner) list.append(make("li", line));
      made.append(list);
    }
    return made;
  };

  const show = (at) => {
    const step = steps[at];
    const { devices, model, seen } = whole[at];
    state.replaceChildren(describe(step));
    if (step.before) state.append(make("p", step.before, "dim"));
    const tables = make("div", undefined, "tables");
    tables.tabIndex = 0;
    tables.setAttribute("role", "group");
    tables.setAttribute("aria-label", "The state after the step");
    for (const [number, rows] of Object.entries(devices)) tables.append(table(`adapter ${number}`, rows));
    if (model) {
      const rows = ledgerRows({ model, seen });
      if (rows.length > 0) tables.append(table("what is out: the ledger", rows));
    }
    state.append(tables);
    if (step.note) state.append(make("p", step.note, "dim"));
    state.append(make("p", "–: the implementation was not asked. Commit is charged at the start, for whole save areas.", "dim"));
  };

  let current = -1;

  // Into the middle of what is seen of the timeline, if it is not there.
  const reveal = () => {
    const left = current * column;
    const room = timeline.clientWidth - timeline.querySelector(".heads").offsetWidth;
    if (left < timeline.scrollLeft || left + column > timeline.scrollLeft + room) {
      timeline.scrollLeft = left - (room - column) / 2;
    }
  };

  const go = (to) => {
    const at = Math.max(0, Math.min(steps.length - 1, to));
    if (at === current) return;
    current = at;
    const step = steps[at];
    range.value = String(at);
    range.setAttribute("aria-valuetext", `step ${step.n}, ${at + 1} of ${steps.length}: ${step.text}: ${step.outcome}`);
    cursor.setAttribute("x", String(at * column));
    document.getElementById("previous").disabled = at === 0;
    document.getElementById("next").disabled = at === steps.length - 1;
    show(at);
    reveal();
    document.querySelector("#listing .current")?.removeAttribute("aria-current");
    document.querySelector("#listing .current")?.classList.remove("current");
    const line = document.querySelector(`#listing [data-op="${step.op}"]`);
    line?.classList.add("current");
    line?.setAttribute("aria-current", "step");
  };

  range.addEventListener("input", () => go(Number(range.value)));
  document.getElementById("previous").addEventListener("click", () => go(current - 1));
  document.getElementById("next").addEventListener("click", () => go(current + 1));
  document.getElementById("to-broken")?.addEventListener("click", () => go(data.broken));
  drawing.addEventListener("click", (event) => {
    go(Math.floor((event.clientX - drawing.getBoundingClientRect().left) / column));
  });
  document.getElementById("listing")?.addEventListener("click", (event) => {
    const line = event.target.closest("[data-op]");
    const at = line ? steps.findIndex((step) => step.op === Number(line.dataset.op)) : -1;
    if (at >= 0) go(at);
  });

  window.addEventListener("resize", reveal);
  window.addEventListener("beforeprint", () => document.getElementById("glossary")?.setAttribute("open", ""));

  // The keys work wherever the reader is, but in what has a use of its own for them.
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const element = document.activeElement;
    if (element === range || element?.closest("pre, .race, summary")) return;
    const to = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: steps.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });

  go(data.broken >= 0 ? data.broken : 0);
})();
