// Keys: an element with `data-key` does what a click on it does; `data-opens`
// names a dialog that it opens instead. Where somebody writes, keys write.
{
  const writes = (place) => place.closest("input:not([type=checkbox], [type=radio]), textarea, select");
  const show = (name, about) => {
    const dialog = document.getElementById(name);
    if (about) for (const link of dialog.querySelectorAll("[data-as]")) link.href = "/cases/" + about.dataset.case + "/triage?as=" + link.dataset.as + (about.dataset.from ? "&from=" + about.dataset.from : "");
    dialog.showModal();
  };
  window.openDialog = show;
  for (const button of document.querySelectorAll("button[data-opens]")) button.hidden = false;
  for (const keys of document.querySelectorAll("[data-keys]")) keys.hidden = false;
  document.addEventListener("click", (event) => {
    const opens = event.target.closest("[data-opens]");
    if (!opens || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(opens.dataset.opens, opens.closest("[data-case]"));
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest("form[data-send]");
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) return form.requestSubmit();
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (writes(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const open = document.querySelector("dialog[open]");
    if (open && event.key === "Escape") return;
    const all = Array.from((open ?? document).querySelectorAll("[data-key]"));
    const found = all.find((one) => one.dataset.key === event.key && (open || !one.closest("dialog")));
    if (!found) return;
    event.preventDefault();
    if (found.matches("textarea, input:not([type=checkbox])")) found.focus();
    else found.click();
  });
  document.querySelector("[data-first]")?.focus({ preventScroll: true });

  // What takes a moment longer is fetched beside the page.
  for (const place of document.querySelectorAll("[data-load]")) {
    fetch(place.dataset.load).then(async (answer) => {
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById("alike");
      if (found) document.getElementById("alike").replaceWith(found);
    }, () => {});
  }
  for (const button of document.querySelectorAll("button[data-copy-value]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copyValue).value);
      button.textContent = "Copied";
    });
  }
}
