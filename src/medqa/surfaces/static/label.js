// The words that are selected in a passage become a gold quote of it. Without it they are copied by hand.
(() => {
  "use strict";
  document.querySelectorAll(".take").forEach((button) => {
    const from = document.getElementById(button.dataset.from);
    const to = document.getElementById(button.dataset.to);
    const card = button.closest(".judge");
    const told = card.querySelector(".told");
    button.hidden = false;
    // a read-only field has no caret to select from by keyboard: this one has, and takes no change
    from.readOnly = false;
    from.inputMode = "none";
    from.setAttribute("aria-readonly", "true");
    from.addEventListener("beforeinput", (event) => event.preventDefault());
    button.addEventListener("click", () => {
      const words = from.value.slice(from.selectionStart, from.selectionEnd).trim().split(/\s+/).join(" ");
      if (!words) {
        told.textContent = "Select words in the passage first.";
        return from.focus();
      }
      const lines = to.value.split("\n").filter((line) => line.trim());
      if (!lines.includes(words)) lines.push(words);
      to.value = lines.join("\n");
      const graded = card.querySelector("input[type=radio]:checked");
      const raise = !graded || graded.value === "" || graded.value === "0";
      if (raise) card.querySelector("input[type=radio][value='2']").checked = true;
      told.textContent = raise ? "Taken; graded 2." : "Taken.";
    });
  });
})();
