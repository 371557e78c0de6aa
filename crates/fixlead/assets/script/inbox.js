// The inbox by keyboard.
{
  const rows = Array.from(document.querySelectorAll("table[data-rows] tbody tr"));
  if (rows.length) {
    document.querySelector("[data-keys]").hidden = false;
    let here = -1;
    document.addEventListener("keydown", (event) => {
      if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = { j: 1, k: -1 }[event.key];
      if (!step) return;
      rows[here]?.classList.remove("here");
      here = Math.min(rows.length - 1, Math.max(0, here + step));
      rows[here].classList.add("here");
      rows[here].querySelector("a").focus();
      event.preventDefault();
    });
  }
}
