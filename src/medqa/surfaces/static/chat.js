// What the chat component leaves open: names and announcements for screen readers, tools beneath an answer, the
// feedback form, and a clear way on when the network fails. Everything is in this page's memory; nothing is stored.
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const word = (name) => one("#mq-words")?.dataset[name] ?? "";
  const box = () => one("#mq-box textarea");
  const say = (text) => { const heard = one("#mq-heard"); if (heard && heard.textContent !== text) heard.textContent = text; };
  const notice = (text, kind = "") => {
    const place = one("#mq-notice");
    if (!place || (place.textContent === text && place.hidden === !text)) return;
    place.textContent = text;
    place.hidden = !text;
    place.dataset.kind = kind;
  };
  const fill = (text) => {
    const field = box();
    if (!field) return;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
    field.setSelectionRange(text.length, text.length);
  };

  // After a lost connection the component asks for this address until the server is back, then reloads the page,
  // and what was said is gone. It gets no answer; `recover` below puts a fresh component in its place instead.
  const ask = window.fetch.bind(window);
  window.fetch = (input, init) =>
    String(input?.url ?? input).includes("/gradio_api/app_id") ? Promise.reject(new Error("held back")) : ask(input, init);

  // --- names and languages ----------------------------------------------------------------------------
  const tidy = () => {
    if (one("#mq-top")) one("#mq-front")?.remove();
    // The component labels each message with its whole source text, which a screen reader would read aloud.
    for (const message of all("#mq-log [data-testid='bot'], #mq-log [data-testid='user']")) {
      if (message.hasAttribute("aria-label")) message.removeAttribute("aria-label");
    }
    // Its offers say that they are a list, and hold buttons instead of list items.
    for (const offers of all("#mq-log .examples[role='list'], #mq-log .options[role='list']")) offers.setAttribute("role", "group");
    // A call stays in this page: a new empty tab above an emergency card helps nobody.
    for (const link of all("a[href^='tel:'][target], a[href^='sms:'][target]")) link.removeAttribute("target");
    // A log that grows by sentences would be read again at each one; finished replies are announced below instead.
    const log = one("#mq-log [role='log']");
    if (log && log.getAttribute("aria-live") !== "off") log.setAttribute("aria-live", "off");
    if (log && log.tabIndex !== 0) log.tabIndex = 0;
    const language = one("#mq-header .mq-header")?.lang;
    if (language && document.documentElement.lang !== language) document.documentElement.lang = language;
    const title = word("title");
    if (title && document.title !== title) document.title = title;
    const other = one("#mq-switch");
    const offered = language === "es" ? "en" : "es";
    if (other && language && other.lang !== offered) other.lang = offered; // setting it again would be a change, too
    for (const offer of all("#mq-log .option, #mq-log .example")) if (!offer.lang) offer.lang = "en";
  };

  // --- what is heard, and where one looks -------------------------------------------------------------
  let heard = null;
  const announce = () => {
    const last = all("#mq-log .mq-reply").at(-1);
    if (!last || last === heard || last.matches(".mq-growing")) return;
    heard = last;
    if (last.matches("[role='alert']")) {
      // The card is heard by itself; the keyboard of a telephone must not cover it.
      if (matchMedia("(pointer: coarse)").matches) box()?.blur();
      return;
    }
    const spoken = last.cloneNode(true);
    for (const silent of all(".mq-cite, .mq-tools, .mq-paper, details, .mq-reask", spoken)) silent.remove();
    say(spoken.textContent.replace(/\s+/g, " ").trim());
  };
  // A new reply is read from its beginning: the question goes to the top of the conversation and stays there
  // while the reply grows, until the person scrolls. Of a long question only the end is left in sight: a card must
  // not lie below the edge because a story stood before it.
  const LEAD = 0.28; // share of the window that the question may take
  let questions = 0;
  let pinned = null;
  const follow = () => {
    const view = one("#mq-log [role='log']");
    const rows = view ? all(".user-row", view) : [];
    if (rows.length > questions) pinned = rows.at(-1);
    if (rows.length < questions) pinned = null;
    questions = rows.length;
    document.body.classList.toggle("mq-talking", rows.length > 0);
    if (!view || !pinned || !pinned.isConnected) return;
    const above = view.getBoundingClientRect().top - view.scrollTop;
    const reply = one(".mq-reply", pinned.nextElementSibling ?? pinned);
    const begins = reply ? reply.getBoundingClientRect().top - above - view.clientHeight * LEAD : 0;
    const top = Math.max(pinned.getBoundingClientRect().top - above - 8, begins);
    if (Math.abs(view.scrollTop - top) > 2) view.scrollTo({ top, behavior: "instant" });
  };
  const more = () => { // is there something below the edge?
    const view = one("#mq-log [role='log']");
    document.body.classList.toggle("mq-more", !!view && view.scrollHeight - view.scrollTop - view.clientHeight > 24);
  };
  document.addEventListener("scroll", more, { passive: true, capture: true });
  addEventListener("resize", more);
  document.addEventListener("toggle", more, true);
  const release = (event) => {
    if (event.target instanceof Element && event.target.closest("#mq-log")) pinned = null;
  };
  for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    document.addEventListener(kind, release, { passive: true, capture: true });
  }

  // --- on its way, slow, lost, back -------------------------------------------------------------------
  let pending = null; // { text, replies, since }
  let returning = 0;
  const finishedReplies = () => all("#mq-log .mq-reply:not(.mq-growing)").length;
  const begin = (text) => {
    if (pending || returning) return;
    const mine = { text, replies: finishedReplies() };
    pending = mine;
    document.body.classList.add("mq-busy");
    notice("");
    setTimeout(() => { if (pending === mine && !one("#mq-log .mq-waiting")) notice(word("sending")); }, 900);
    setTimeout(() => { if (pending === mine) say(word("waiting")); }, 1500);
    setTimeout(() => { if (pending === mine) notice(word("slow")); }, 12000);
  };
  const rest = () => { // nothing is on its way
    pending = null;
    document.body.classList.remove("mq-busy");
  };
  const settle = () => {
    if (pending && finishedReplies() !== pending.replies && !one("#mq-log .mq-growing")) {
      rest();
      notice("");
    }
  };
  const fail = () => {
    // The component tells of every failure in a toast; whichever it is, the question must not be gone.
    const told = all(".toast-body.error");
    const lost = told.find((toast) => /connection/i.test(toast.textContent));
    if (!told.length || returning || (!pending && !lost)) return;
    const text = pending?.text ?? "";
    rest();
    if (text && box() && !box().value.trim()) fill(text);
    if (!lost) return;
    one("button", lost)?.click();
    document.body.classList.add("mq-lost");
    notice(word("lost"), "trouble");
    returning = setInterval(recover, 1500);
  };
  const spoken = () => { // the conversation as it stands here, without a reply that broke off and its question
    const rows = all("#mq-log .message-row");
    const broken = rows.findIndex((row) => one(".mq-growing", row));
    return (broken < 0 ? rows : rows.slice(0, Math.max(broken - 1, 0))).map((row) => ({
      role: row.matches(".user-row") ? "user" : "assistant",
      content: [...(one(".md", row)?.children ?? [])].filter((part) => !part.matches(".mq-next")).map((part) => part.outerHTML).join(""),
    }));
  };
  const until = async (selector) => {
    for (let tries = 0; tries < 60 && !one(selector); tries += 1) await new Promise((done) => setTimeout(done, 100));
    return one(selector);
  };
  const put = async (said) => { // the fresh component may still be busy with its own beginning
    for (let tries = 0; tries < 10 && !one("#mq-log .message-row"); tries += 1) {
      const field = await until("#mq-restore textarea");
      field.value = said;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new KeyboardEvent("keypress", { key: "Enter", bubbles: true }));
      for (let waits = 0; waits < 20 && !one("#mq-log .message-row"); waits += 1) await new Promise((done) => setTimeout(done, 100));
    }
  };
  let trying = false;
  let held = null; // what was said and typed, until it stands in a component that works
  const recover = async () => {
    if (trying) return;
    trying = true;
    try {
      if (!(await ask("/healthz", { cache: "no-store" })).ok) return;
      held ??= { said: JSON.stringify(spoken()), typed: "" };
      held.typed = box()?.value || held.typed;
      const dead = one("gradio-app");
      dead.replaceWith(dead.cloneNode(false));
      await until("#mq-words");
      notice(word("lost"), "trouble");
      if (!(await until("#mq-log .mq-welcome"))) return;
      if (held.said !== "[]") await put(held.said);
      clearInterval(returning);
      returning = 0;
      document.body.classList.remove("mq-lost");
      if (held.typed) fill(held.typed);
      held = null;
      notice(word("back"), "good");
    } catch { /* still out of reach: the next try will tell */
    } finally {
      trying = false;
    }
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target === box()) begin(box().value);
  }, true);
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("#mq-send")) begin(box()?.value ?? "");
    const offered = target?.closest("#mq-log .example, #mq-log .option");
    if (offered) begin(offered.textContent.trim());
    if (target?.closest("#mq-clear")) { rest(); given.clear(); notice(""); say(""); heard = null; }
    // The button that was pressed is gone: the box takes the focus, not the page.
    if (offered || target?.closest("#mq-clear")) box()?.focus({ preventScroll: true });
  }, true);

  // --- tools beneath an answer ------------------------------------------------------------------------
  const given = new Map();
  const collect = () => {
    const held = one("#mq-given .mq-given");
    if (!held) return;
    const answer = JSON.parse(atob(held.dataset.given));
    given.set(`mq-${answer.id}`, answer);
    held.remove();
  };
  const questionOf = (reply) => {
    const rows = all("#mq-log .message-row");
    const before = rows.slice(0, rows.indexOf(reply.closest(".message-row"))).reverse();
    return before.find((row) => row.matches(".user-row"));
  };
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea"); // pages that are not served over https have no clipboard
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  };
  const tell = (button, text) => { // in place of the button's word, for a while, and heard
    const before = button.textContent;
    button.textContent = text;
    say(text);
    setTimeout(() => { button.textContent = before; }, 2500);
  };
  const download = (answer) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([answer.markdown], { type: "text/markdown" }));
    link.download = `medqa-${answer.date}.md`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  const print = (reply) => {
    const rows = [reply.closest(".message-row"), questionOf(reply)];
    for (const row of rows) row?.classList.add("mq-printed");
    document.body.classList.add("mq-print-one");
    window.print();
  };
  let opened = [];
  addEventListener("beforeprint", () => {
    for (const folded of all("#mq-log details:not([open])")) {
      folded.open = true;
      opened.push(folded);
    }
  });
  addEventListener("afterprint", () => {
    for (const folded of opened) folded.open = false;
    opened = [];
    document.body.classList.remove("mq-print-one");
    for (const row of all(".mq-printed")) row.classList.remove("mq-printed");
  });

  let about = null; // { answer, helpful, reply } while the form is open
  const openForm = (reply, answer, helpful) => {
    const dialog = one("#mq-feedback");
    about = { answer, helpful, reply };
    one("form", dialog).reset();
    one(".mq-reasons", dialog).hidden = helpful;
    one("#mq-asked", dialog).textContent = questionOf(reply)?.innerText.trim() ?? "";
    one("#mq-feedback-said", dialog).textContent = "";
    dialog.showModal();
  };
  const sendForm = async () => {
    const form = one("#mq-feedback form");
    const said = one("#mq-feedback-said");
    const reason = new FormData(form).get("reason");
    if (!about.helpful && !reason) { said.textContent = word("choose"); return; }
    const { answer, helpful, reply } = about;
    const body = { answer: answer.answer, helpful };
    if (!helpful) body.reason = reason;
    if (form.elements.consent.checked) body.question = answer.question;
    let status = 0;
    try {
      const sent = await ask("/feedback", {
        method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
      });
      status = sent.status;
    } catch { /* the server is out of reach: told below like any other failure */ }
    if (status !== 201) { said.textContent = word(status === 409 ? "stale" : "failed"); return; }
    one("#mq-feedback").close();
    const place = one(".mq-did", reply);
    if (place) place.textContent = word("thanks");
    say(word("thanks"));
  };
  document.addEventListener("submit", (event) => {
    if (event.target.closest("#mq-feedback")) { event.preventDefault(); sendForm(); }
  });
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    if (button.matches(".mq-feedback-cancel")) one("#mq-feedback").close();
    const reply = button.closest(".mq-reply");
    if (!reply) return;
    if (button.matches(".mq-reask")) { fill(questionOf(reply)?.innerText.trim() ?? ""); notice(word("again")); }
    const answer = given.get(reply.id);
    if (!answer) return;
    if (button.matches(".mq-copy")) copy(answer.text).then((done) => tell(button, word(done ? "copied" : "uncopied")));
    if (button.matches(".mq-download")) download(answer);
    if (button.matches(".mq-print")) print(reply);
    if (button.matches(".mq-yes, .mq-no")) openForm(reply, answer, button.matches(".mq-yes"));
  });
  document.addEventListener("input", (event) => {
    if (event.target === box() && !pending && !returning && one("#mq-notice")?.dataset.kind !== "trouble") notice("");
  });
  // The switch keeps the conversation; the address remembers the language alone.
  document.addEventListener("click", (event) => {
    const other = event.target instanceof Element ? event.target.closest("#mq-switch") : null;
    if (other) history.replaceState(history.state, "", `?lang=${other.lang || "en"}`);
  }, true);

  // --- one look at the page after each change ---------------------------------------------------------
  let waiting = false;
  const later = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      tidy();
      collect();
      follow();
      more();
      settle();
      fail();
      announce();
    });
  };
  new MutationObserver(later).observe(document.documentElement, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["aria-label", "target", "lang", "data-given"],
  });
  later();
})();
