// An enhancement only: without it the pages work as links and forms.
"use strict";

// A changed choice is applied at once; typing waits for Enter, as without script.
for (const form of document.querySelectorAll("form.filters")) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, input[type=radio]")) form.requestSubmit();
  });
  // Empty fields stay out of the address, so that it is short enough to be shared.
  form.addEventListener("submit", () => {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  });
}

// j and k walk the list, Enter opens.
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select, textarea");
  if (typing || event.metaKey || event.ctrlKey || event.altKey || !["j", "k"].includes(event.key)) return;
  const links = [...document.querySelectorAll("#rows tbody th a")];
  if (!links.length) return;
  const here = links.indexOf(document.activeElement);
  const next = Math.max(0, Math.min(links.length - 1, here + (event.key === "j" ? 1 : -1)));
  links[next].focus();
  links[next].scrollIntoView({ block: "nearest" });
});

// Where a history is wider than the screen, its newest end is what is looked for.
for (const box of document.querySelectorAll(".scroll.latest")) box.scrollLeft = box.scrollWidth;

// Without script the browser's own menu prints.
for (const button of document.querySelectorAll("button.print")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form.filters :disabled")) field.disabled = false;
});
