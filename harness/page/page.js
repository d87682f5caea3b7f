// What all pages of pinfuzz share: buttons that copy the text of an element. Without a clipboard (an old browser, a
// page that may not use it) the text is selected, and the reader's own key copies it.
"use strict";

(() => {
  const say = (button, word) => {
    const label = button.getAttribute("aria-label");
    button.textContent = word;
    button.setAttribute("aria-label", word);
    setTimeout(() => {
      button.textContent = "Copy";
      button.setAttribute("aria-label", label);
    }, 1500);
  };

  const select = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  };

  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.addEventListener("click", async () => {
      const element = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(element.textContent);
        say(button, "Copied");
      } catch {
        select(element);
        say(button, "Selected");
      }
    });
  }
})();
