// Copy buttons for the texts that a page shows. Without it they are selected and copied by hand.
(() => {
  "use strict";
  for (const button of document.querySelectorAll("[data-copy]")) {
    const text = document.getElementById(button.dataset.copy);
    const name = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.value);
        button.textContent = "Copied";
      } catch {
        text.select(); // plain http has no clipboard: the person presses Ctrl+C
        button.textContent = "Selected: press Ctrl+C";
      }
      setTimeout(() => (button.textContent = name), 2500);
    });
  }
  // typed words that are not yet in the text must not be copied past
  for (const box of document.querySelectorAll("#draft textarea:not([readonly])")) {
    box.addEventListener("change", () => box.form.requestSubmit());
  }
})();
