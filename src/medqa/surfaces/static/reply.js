// The text follows what is typed, quotes move in place. Without it the buttons of the form do the same.
(() => {
  "use strict";
  const form = document.getElementById("draft");
  const happened = document.getElementById("happened");
  if (!form || !happened) return;
  const PAUSE_MS = 350;
  let asked = 0;
  let timer = 0;
  let leaving = false;

  const ready = () => {
    document.getElementById("update").hidden = true; // the text comes by itself
    document.dispatchEvent(new Event("changed"));
  };
  // what was typed is not yet in the text: nobody may copy past it
  const stale = (is) => {
    form.querySelectorAll("[data-copy]").forEach((button) => (button.disabled = is));
    form.querySelectorAll("textarea[readonly]").forEach((box) => box.classList.toggle("stale", is));
  };

  const fetched = async (part, data) => {
    clearTimeout(timer);
    const mine = ++asked;
    stale(true);
    try {
      const body = new URLSearchParams(data);
      const answer = await fetch("/staff/reply", { method: "POST", body, headers: { "x-part": part, accept: "text/plain" } });
      const text = await answer.text();
      if (mine !== asked) return false; // a newer one is on its way
      if (answer.status === 401) happened.textContent = "You are signed out. Sign in again in another tab; this draft stays here.";
      else if (!answer.ok) happened.textContent = text;
      else {
        const place = part === "text" ? document.getElementById("text") : form;
        place.innerHTML = text; // made by the server, where everything filled in is escaped
        happened.textContent = "";
        happened.className = "sr";
        ready();
        return true;
      }
    } catch {
      if (mine === asked) happened.textContent = "The server cannot be reached. The text is not up to date.";
    }
    happened.className = happened.textContent ? "note bad" : "sr";
    return false;
  };

  form.addEventListener("input", () => {
    stale(true);
    clearTimeout(timer);
    timer = setTimeout(() => fetched("text", new FormData(form)), PAUSE_MS);
  });
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (button?.formAction && new URL(button.formAction).pathname !== "/staff/reply") {
      leaving = true; // to the search, which carries the draft
      return;
    }
    event.preventDefault();
    const data = new FormData(form, button);
    if (!(await fetched("draft", data))) return;
    const [act, at] = (button?.value || "").split(":");
    happened.textContent = { collect: "The answer’s sentences are in the draft.", up: "Moved up.", down: "Moved down.", remove: "Taken out." }[act] || "";
    const to = act === "up" ? at - 1 : act === "down" ? +at + 1 : at;
    const again = [`[value="${act}:${to}"]:not(:disabled)`, `[value="up:${to}"]:not(:disabled)`, `[value="down:${to}"]:not(:disabled)`, "[value=collect]"];
    again.map((one) => form.querySelector(`button${one}`)).find(Boolean)?.focus();
  });
  const holds = () => !!form.querySelector("[name=draft]");
  document.querySelector('.ways a[href="/staff"]')?.addEventListener("click", (event) => {
    if (!holds() || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    form.querySelector("button[value=find]").click(); // the draft comes along
  });
  addEventListener("beforeunload", (event) => {
    if (holds() && !leaving) event.preventDefault();
  });
  addEventListener("pageshow", () => (leaving = false));
  ready();
})();
