// Finishes what the chat component leaves open: names for screen readers, calls in place, focus after sending.
(() => {
  const tidy = (root) => {
    // The component labels each message with its whole source text, which a screen reader would read aloud.
    for (const message of root.querySelectorAll("#mq-log [data-testid='bot'], #mq-log [data-testid='user']")) {
      if (message.hasAttribute("aria-label")) message.removeAttribute("aria-label");
    }
    // A call stays in this page: a new empty tab above an emergency card helps nobody.
    for (const link of root.querySelectorAll("a[href^='tel:'][target]")) link.removeAttribute("target");
  };
  // A new reply is read from its beginning: the question goes to the top of the conversation and stays there
  // while the reply grows, until the person scrolls.
  let questions = 0;
  let pinned = null;
  const follow = () => {
    const view = document.querySelector("#mq-log [role='log']");
    const rows = view ? view.querySelectorAll(".user-row") : [];
    if (rows.length > questions) pinned = rows[rows.length - 1];
    if (rows.length < questions) pinned = null;
    questions = rows.length;
    if (!view || !pinned || !pinned.isConnected) return;
    const top = pinned.getBoundingClientRect().top - view.getBoundingClientRect().top + view.scrollTop - 8;
    if (Math.abs(view.scrollTop - top) > 2) view.scrollTo({ top, behavior: "instant" });
  };
  const release = (event) => {
    if (event.target instanceof Element && event.target.closest("#mq-log")) pinned = null;
  };
  for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    document.addEventListener(kind, release, { passive: true, capture: true });
  }
  let waiting = false;
  const later = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      tidy(document);
      follow();
    });
  };
  new MutationObserver(later).observe(document.documentElement, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["aria-label", "target"],
  });
  later();
  // After an example or a suggestion was pressed its button is gone: the box takes the focus, not the page.
  document.addEventListener("click", (event) => {
    const pressed = event.target instanceof Element && event.target.closest("#mq-log .example, #mq-log .option, #mq-clear");
    if (pressed) document.querySelector("#mq-box textarea")?.focus({ preventScroll: true });
  });
})();
