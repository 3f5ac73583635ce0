// Filters the library as one types, by the rule of catalogue.py: every word begins a word of one name of the article.
// Nothing is sent or kept. Without this script the form does the same by a request.
(() => {
  "use strict";
  const form = document.querySelector(".find");
  const cards = [...document.querySelectorAll(".cards li")];
  const found = document.querySelector(".found");
  const count = document.getElementById("found-count");
  const none = document.getElementById("none");
  if (!form || !found || !count || !none) return;

  const words = (text) =>
    text.normalize("NFKC").toLowerCase().replace(/['’‘ʼ`´]/g, "").normalize("NFD").replace(/\p{M}/gu, "").match(/[\p{L}\p{N}]+/gu) || [];
  const begins = (asked, there) => asked.every((start) => there.some((word) => word.startsWith(start)));
  const articles = cards.map((card) => {
    const title = card.querySelector("strong").textContent;
    const aliases = card.dataset.aliases ? card.dataset.aliases.split("\n") : [];
    const topics = card.dataset.topics ? card.dataset.topics.split("\n") : [];
    return {
      card,
      topics,
      title: words(title),
      aliases: aliases.map((name) => ({ name, words: words(name) })),
      all: words([title, ...topics].join(" ")),
    };
  });
  const match = (article, asked) => {
    if (begins(asked, article.title)) return "";
    const alias = article.aliases.find((other) => begins(asked, other.words));
    if (alias) return alias.name;
    return begins(asked, article.all) ? "" : null;
  };
  const sent = document.getElementById("query").defaultValue;
  const value = (name) => new FormData(form).get(name) || "";

  const filter = () => {
    const asked = words(value("query"));
    const [kind, topic, review] = ["kind", "topic", "review"].map(value);
    let shown = 0;
    for (const article of articles) {
      const { card, topics } = article;
      const fits = (!kind || card.dataset.kind === kind) && (!review || card.dataset.review === review) && (!topic || topics.includes(topic));
      const by = fits ? match(article, asked) : null;
      card.hidden = by === null;
      shown += by === null ? 0 : 1;
      const note = card.querySelector(".by");
      note.hidden = !by;
      note.querySelector("b").textContent = by || "";
    }
    for (const shelf of document.querySelectorAll(".shelf")) {
      const left = shelf.querySelectorAll("li:not([hidden])").length;
      shelf.hidden = left === 0;
      const badge = shelf.querySelector(".count");
      if (badge) badge.textContent = left;
    }
    count.textContent = shown === 1 ? found.dataset.one : found.dataset.many.replace("{n}", shown);
    found.hidden = !(asked.length || kind || topic || review);
    none.hidden = shown > 0;
    // what the server found near belongs to the words that it was sent
    none.querySelectorAll("ul, p:not(:last-child)").forEach((near) => (near.hidden = value("query") !== sent));
  };

  const narrow = form.querySelector(".narrow");
  if (narrow && window.matchMedia("(min-width: 700px)").matches) narrow.open = true; // on a phone it hides the list

  form.addEventListener("input", filter);
  form.addEventListener("change", filter);
  window.addEventListener("pageshow", filter); // the browser may bring typed words back
})();
