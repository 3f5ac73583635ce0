// Copy buttons for the texts that a page shows. Without it they are selected and copied by hand.
(() => {
  "use strict";
  const names = new WeakMap();
  const show = () => document.querySelectorAll("[data-copy]").forEach((button) => (button.hidden = false));

  const copy = async (text, plain) => {
    if (!plain) return navigator.clipboard.writeText(text.value);
    const part = (box, type) => new Blob([box.value], { type });
    const item = { "text/html": part(text, "text/html"), "text/plain": part(plain, "text/plain") };
    return navigator.clipboard.write([new ClipboardItem(item)]); // a mail program takes it as formatted text
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy);
    names.set(button, names.get(button) ?? button.innerHTML);
    try {
      await copy(text, button.dataset.rich && document.getElementById(button.dataset.rich));
      button.textContent = "Copied";
    } catch {
      text.focus();
      text.select(); // plain http has no clipboard: the person presses Ctrl+C
      button.textContent = "Selected: press Ctrl+C";
    }
    setTimeout(() => (button.innerHTML = names.get(button)), 2500);
  });
  document.addEventListener("changed", show); // a part of the page came anew
  show();
})();
