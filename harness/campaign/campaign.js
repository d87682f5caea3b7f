// The page of a running campaign is read again every few seconds. A reader can stop that, and finds open what was
// open; where they are on the page the browser remembers.
"use strict";

(() => {
  const bar = document.getElementById("refresh");
  const remembered = (key) => {
    try {
      return sessionStorage.getItem(location.pathname + key) ?? "";
    } catch {
      return ""; // a browser that keeps nothing for files
    }
  };
  const remember = (key, text) => {
    try {
      sessionStorage.setItem(location.pathname + key, text);
    } catch {
      // nothing is kept, then
    }
  };

  for (const id of remembered("open").split(" ").filter(Boolean)) {
    document.getElementById(id)?.setAttribute("open", "");
  }
  const filter = document.getElementById("filter");
  if (filter) {
    const only = document.createElement("button");
    only.type = "button";
    only.textContent = "Show only what is missing";
    const apply = (on) => {
      document.querySelector(".grid").classList.toggle("only-missing", on);
      only.setAttribute("aria-pressed", String(on));
      remember("filter", on ? "yes" : "");
    };
    only.addEventListener("click", () => apply(only.getAttribute("aria-pressed") !== "true"));
    apply(remembered("filter") === "yes");
    filter.append(only);
  }
  if (!bar) {
    return;
  }
  const button = document.createElement("button");
  button.type = "button";
  let paused = remembered("paused") === "yes";
  const show = () => {
    button.textContent = paused ? "Go on reading it again" : "Pause";
  };
  button.addEventListener("click", () => {
    paused = !paused;
    remember("paused", paused ? "yes" : "");
    show();
  });
  show();
  bar.append(button);
  document.getElementById(remembered("focus"))?.querySelector("summary")?.focus({ preventScroll: true });

  setInterval(() => {
    if (paused || String(getSelection())) {
      return;
    }
    const open = [...document.querySelectorAll("details[open]")].map((details) => details.id);
    remember("open", open.join(" "));
    remember("focus", document.activeElement?.closest("details")?.id ?? "");
    location.reload();
  }, 1000 * Number(bar.dataset.seconds));
})();
