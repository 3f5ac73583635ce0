// Draws the figures of a comparison with plotly.js in place of their SVG, in the colours of the page.
"use strict";
(() => {
  if (!window.Plotly) return;
  const ROLES = { one: "--mq-accent", won: "--mq-accent", lost: "--mq-alarm", two: "--mq-warn-line" };
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const drawn = [];

  function of(name) {
    return getComputedStyle(document.body).getPropertyValue(name).trim();
  }

  function coloured(value) {
    if (Array.isArray(value)) return value.map(coloured);
    return ROLES[value] ? of(ROLES[value]) : value;
  }

  function traces(figure) {
    return figure.data.map((trace) => {
      const made = { ...trace };
      for (const part of ["marker", "line", "error_y"]) {
        if (made[part]) made[part] = { ...made[part], color: coloured(made[part].color) };
      }
      return made;
    });
  }

  function axis(given) {
    const title = { text: given?.title ?? "", standoff: 8 };
    return { ...given, title, gridcolor: of("--mq-line"), linecolor: of("--mq-line-strong"), zeroline: false, automargin: true };
  }

  function layout(figure) {
    const ink = of("--mq-ink");
    return {
      ...figure.layout,
      xaxis: axis(figure.layout.xaxis),
      yaxis: axis(figure.layout.yaxis),
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: ink },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { bgcolor: of("--mq-surface"), font: { color: ink }, align: "left" },
      margin: { l: 56, r: 16, t: 8, b: 48 },
      legend: { orientation: "h", y: 1.12 },
    };
  }

  function draw({ place, figure }) {
    const options = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["toImage", "select2d", "lasso2d"] };
    return window.Plotly.react(place, traces(figure), layout(figure), options);
  }

  for (const source of document.querySelectorAll(".plot script.figure")) {
    const section = source.closest(".plot");
    const place = document.createElement("div");
    place.className = "live";
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", `${section.querySelector("h3").textContent}: the table below says the same`);
    const one = { place, figure: JSON.parse(source.textContent) };
    section.querySelector(".drawn").replaceChildren(place);
    drawn.push(one);
    draw(one).then(() => {
      // a bar opens its question, where the page tells of it
      place.on("plotly_click", (event) => {
        const told = document.getElementById(`q-${event.points[0].customdata?.[0]}`);
        if (!told) return;
        told.open = true;
        told.querySelector("summary").focus();
      });
      section.classList.add("ready");
    });
  }
  dark.addEventListener("change", () => drawn.forEach(draw));
})();
