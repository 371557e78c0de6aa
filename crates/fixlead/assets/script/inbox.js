// The inbox by keyboard. The row that one is at is kept while one is away to
// decide about it.
{
  const rows = Array.from(document.querySelectorAll("table[data-rows] tbody tr, [data-list] > li"));
  // What is closed is listed without anything to do to several.
  const form = document.querySelector("form[data-several] .several")?.closest("form");
  const box = (row) => row?.querySelector("input[type=checkbox]");
  const ticked = () => rows.filter((row) => box(row)?.checked);
  if (rows.length) {
    let here = -1;
    let last = -1;
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
    // A box, or all from the one that was ticked last to it.
    const tick = (place, on, range) => {
      const [from, to] = range && last >= 0 ? [Math.min(last, place), Math.max(last, place)] : [place, place];
      for (let one = from; one <= to; one += 1) if (box(rows[one])) box(rows[one]).checked = on;
      last = place;
      count();
    };
    const count = () => {
      const many = ticked().length;
      form.querySelector(".several").classList.toggle("none", many === 0);
      form.querySelector("[data-count]").textContent = many === 1 ? "With the one that is ticked:" : "With the " + many + " that are ticked:";
    };
    const several = (what) => {
      form.elements.do.value = what;
      form.requestSubmit();
    };
    if (form) {
      count();
      addEventListener("pageshow", count);
      form.addEventListener("click", (event) => {
        const place = rows.findIndex((row) => box(row) === event.target);
        if (place >= 0) tick(place, event.target.checked, event.shiftKey);
      });
      document.getElementById("triage-menu").addEventListener("click", (event) => {
        const link = event.target.closest("[data-as]");
        if (!link || !ticked().length) return;
        event.preventDefault();
        several(link.dataset.as);
      });
    }
    if (new URLSearchParams(location.search).has("did")) go(Number(sessionStorage.getItem("row")));
    document.addEventListener("keydown", (event) => {
      if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
      const does = {
        j: () => go(here + 1),
        k: () => go(here - 1),
        a: () => {
          if (form && ticked().length) several("acknowledge");
          else if (at().querySelector(".acts a")) location.assign("/cases/" + at().dataset.case + "/triage?as=acknowledge&from=inbox");
        },
        t: () => (ticked()[0] ?? at()).querySelector(".acts a")?.click(),
        x: () => at() && box(rows[here]) && tick(here, !box(rows[here]).checked, false),
        X: () => at() && box(rows[here]) && tick(here, true, true),
      }[event.key];
      if (!does || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      does();
    });
  }
}
