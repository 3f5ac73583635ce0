// Search as one types, and the passage in its article beside the list. Without it the form does the same by the button.
(() => {
  "use strict";
  const form = document.getElementById("find");
  const list = document.getElementById("results");
  const pane = document.getElementById("pane");
  const query = document.getElementById("query");
  if (!form || !list || !pane || !query) return;
  const PAUSE_MS = 220;
  let asked = 0;
  let timer = 0;

  const columns = list.parentElement;
  const wide = matchMedia("(min-width: 1000px)");

  const results = () => [...list.querySelectorAll(".result")];
  const chosen = () => list.querySelector(".result[aria-current]");
  const tell = (text) => {
    const note = document.createElement("p");
    note.className = "note bad";
    note.setAttribute("role", "alert");
    note.textContent = text;
    list.replaceChildren(note);
  };

  const search = async () => {
    const mine = ++asked;
    columns.append(pane); // out of the list that is about to be replaced
    pane.hidden = true;
    const body = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch("/staff", { method: "POST", body, headers: { "x-part": "results", accept: "text/plain" } });
      const text = await answer.text();
      if (mine !== asked) return; // a newer search is on its way or has answered
      if (answer.status === 401) location.assign("/sign-in?to=staff");
      else if (answer.ok) list.innerHTML = text; // made by the server, where everything filled in is escaped
      else tell(text);
    } catch {
      if (mine === asked) tell("The server cannot be reached. Press Search to try again.");
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE_MS);
  };

  const show = async (result) => {
    results().forEach((other) => other.removeAttribute("aria-current"));
    result.setAttribute("aria-current", "true");
    result.scrollIntoView({ block: "nearest" });
    const answer = await fetch(`/staff/passage?ref=${encodeURIComponent(result.dataset.ref)}`);
    if (chosen() !== result) return;
    pane.innerHTML = answer.ok ? await answer.text() : "The article cannot be shown.";
    (wide.matches ? columns : result).append(pane);
    pane.hidden = false;
    const mark = pane.querySelector("mark");
    if (mark) pane.scrollTop = mark.offsetTop - pane.offsetTop - 120;
  };
  const step = (by) => {
    const all = results();
    if (!all.length) return;
    const at = all.indexOf(chosen());
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    next.focus();
    show(next);
  };

  form.addEventListener("input", (event) => {
    if (event.target === query || event.target.id === "heading") soon();
  });
  form.addEventListener("change", (event) => {
    if (event.target.tagName === "SELECT") search();
  });
  list.addEventListener("click", (event) => {
    const result = event.target.closest(".result");
    if (!result || event.target.closest("button, details") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest("a")) event.preventDefault();
    show(result);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input, textarea, select");
    if (event.key === "Escape" && typing) {
      event.preventDefault(); // a search field would empty itself
      return event.target.blur();
    }
    if (typing) return;
    const act = {
      "/": () => (query.focus(), query.select()),
      j: () => step(1),
      ArrowDown: () => step(1),
      k: () => step(-1),
      ArrowUp: () => step(-1),
      Enter: () => event.target.matches(".result") && show(event.target),
      a: () => chosen()?.querySelector("button[name=add]")?.click(),
    }[event.key];
    if (!act || (event.key === "Enter" && !event.target.matches(".result"))) return;
    event.preventDefault();
    act();
  });
})();
