// While something runs: its progress, and the page anew when it has ended. Without it one loads the page by hand.
(() => {
  "use strict";
  const note = document.getElementById("watched");
  if (!note) return;
  const look = async () => {
    try {
      const now = await (await fetch(note.dataset.from, { headers: { accept: "application/json" } })).json();
      if (!now.running) return location.reload();
      note.querySelector(".stage").textContent = now.stage;
      note.querySelector(".steps").textContent = now.total ? `${now.done} of ${now.total}` : "";
      const bar = note.querySelector("progress");
      bar.max = now.total || 1;
      bar.value = now.done;
    } catch {
      // the server may be busy or gone for a moment: look again
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
})();
