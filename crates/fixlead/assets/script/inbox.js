// The inbox by keyboard. The row that one is at is kept while one is away to
// decide about it.
{
  const rows = Array.from(document.querySelectorAll("table[data-rows] tbody tr, [data-list] > li"));
  if (rows.length) {
    let here = -1;
    const go = (to) => {
      rows[here]?.classList.remove("here");
      here = Math.min(rows.length - 1, Math.max(0, to));
      rows[here].classList.add("here");
      rows[here].querySelector(".title a").focus();
      sessionStorage.setItem("row", here);
    };
    const at = () => {
      if (here < 0) go(0);
      return rows[here];
    };
    if (new URLSearchParams(location.search).has("did")) go(Number(sessionStorage.getItem("row")));
    document.addEventListener("keydown", (event) => {
      if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
      const does = {
        j: () => go(here + 1),
        k: () => go(here - 1),
        a: () => at().querySelector(".acts a") && location.assign("/cases/" + at().dataset.case + "/triage?as=acknowledge&from=inbox"),
        t: () => at().querySelector(".acts a")?.click(),
      }[event.key];
      if (!does || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      does();
    });
  }
}
