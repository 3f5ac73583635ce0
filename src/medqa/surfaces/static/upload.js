// A chosen file goes into the form as text. Without it an article is pasted.
(() => {
  "use strict";
  const form = document.getElementById("choose");
  const file = document.getElementById("file");
  const told = document.getElementById("told");
  document.getElementById("with-file").hidden = false;
  form.querySelector("details").open = false;
  let ready = false;

  form.addEventListener("submit", async (event) => {
    const chosen = file.files[0];
    if (!chosen || ready) return;
    event.preventDefault();
    if (chosen.size > Number(file.dataset.most)) {
      told.textContent = "The file is too large.";
      return;
    }
    told.textContent = "Reading the file …";
    const bytes = new Uint8Array(await chosen.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    form.elements.content.value = btoa(text).replaceAll("+", "-").replaceAll("/", "_");
    form.elements.name.value = chosen.name;
    ready = true;
    form.requestSubmit(form.querySelector("button"));
  });
})();
