// Search as one types, and the passage in its article beside the list. Without it the form does the same by the button.
(() => {
  "use strict";
  const form = document.getElementById("find");
  const list = document.getElementById("results");
  const pane = document.getElementById("pane");
  const query = document.getElementById("query");
  const carried = document.getElementById("carried");
  const happened = document.getElementById("happened");
  const keys = document.getElementById("keys");
  const count = form?.querySelector(".count");
  if (!form || !list || !pane || !query || !carried || !happened || !keys || !count) return;
  keys.hidden = false;
  const PAUSE_MS = 220;
  const MOST = 30;
  let asked = 0;
  let timer = 0;
  let leaving = false;

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
    clearTimeout(timer);
    const mine = ++asked;
    columns.append(pane); // out of the list that is about to be replaced
    pane.hidden = true;
    const body = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch("/staff", { method: "POST", body, headers: { "x-part": "results", accept: "text/plain" } });
      const text = await answer.text();
      if (mine !== asked) return false; // a newer search is on its way or has answered
      if (answer.status === 401) tell("You are signed out. Sign in again in another tab: what you picked stays here.");
      else if (answer.ok) list.innerHTML = text; // made by the server, where everything filled in is escaped
      else tell(text);
      return answer.ok;
    } catch {
      if (mine === asked) tell("The server cannot be reached. Press Search to try again.");
      return false;
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
    let text = "";
    try {
      const answer = await fetch(`/staff/passage?ref=${encodeURIComponent(result.dataset.ref)}`);
      if (answer.ok) text = await answer.text();
    } catch {
      // said below
    }
    if (chosen() !== result) return; // another one was opened meanwhile
    if (text) pane.innerHTML = text;
    else pane.textContent = "The article cannot be shown just now.";
    (wide.matches ? columns : result).append(pane);
    pane.hidden = false;
    const mark = pane.querySelector("mark");
    if (mark) pane.scrollTop += mark.getBoundingClientRect().top - pane.getBoundingClientRect().top - 120;
    happened.textContent = text ? "The passage is shown in its article." : pane.textContent;
  };
  const step = (by) => {
    const all = results();
    if (!all.length) return;
    const at = all.indexOf(chosen());
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    next.focus();
    show(next);
  };

  // what is picked stays in the page, as hidden fields that every form of the desk carries on
  const add = (button) => {
    const held = carried.querySelectorAll("[name=draft]");
    if (held.length >= MOST) return tell(`A reply holds ${MOST} passages.`);
    for (const [name, value] of [["draft", button.value], ["words", ""]]) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      carried.append(field);
    }
    const done = document.createElement("span");
    done.className = "tag good push";
    done.textContent = "in the reply";
    const result = button.closest(".result");
    button.replaceWith(done);
    result.focus();
    count.textContent = `(${held.length + 1})`;
    happened.textContent = `Added. The reply has ${held.length + 1}.`;
  };

  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (button?.name === "add") {
      event.preventDefault();
      return add(button);
    }
    if (button?.id === "write") {
      leaving = true;
      return;
    }
    event.preventDefault();
    const field = document.activeElement === query;
    if ((await search()) && field && document.activeElement === query) results()[0]?.focus();
  });
  document.querySelector('.ways a[href="/staff/reply"]')?.addEventListener("click", (event) => {
    if (!carried.querySelector("[name=draft]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    document.getElementById("write").click(); // the draft comes along
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && carried.querySelector("[name=draft]")) event.preventDefault(); // nothing else keeps the draft
  });
  addEventListener("pageshow", () => (leaving = false));
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
    const typing = event.target.matches("input:not([type=hidden]), textarea, select");
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
      a: () => (event.target.closest(".result") ?? chosen())?.querySelector("button[name=add]")?.click(),
      "?": () => (keys.open = !keys.open),
    }[event.key];
    if (!act || (event.key === "Enter" && !event.target.matches(".result"))) return;
    event.preventDefault();
    act();
  });
})();
