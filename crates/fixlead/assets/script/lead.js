// Severity: the result follows the choices. The desk does the arithmetic.
{
  const form = document.querySelector("form[data-live]");
  const outcome = document.getElementById("outcome");
  if (form && outcome) {
    let last = 0;
    form.addEventListener("change", async () => {
      const turn = (last += 1);
      const sent = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.live + "?" + sent, { headers: { accept: "text/html" } }).catch(() => null);
      if (!answer?.ok || turn !== last) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      outcome.replaceChildren(...page.body.childNodes);
      history.replaceState(null, "", location.pathname + "?" + sent);
    });
  }
}

// The release plan: the marker is dragged onto a day, which is then looked at.
{
  const month = document.querySelector("table[data-plan]");
  if (month) {
    for (const pin of month.querySelectorAll("[data-pin]")) {
      pin.draggable = true;
      pin.addEventListener("dragstart", (event) => event.dataTransfer.setData("text/plain", "release"));
    }
    month.addEventListener("dragover", (event) => {
      const day = event.target.closest("td");
      if (!day) return;
      event.preventDefault();
      for (const other of month.querySelectorAll(".over")) other.classList.remove("over");
      day.classList.add("over");
    });
    month.addEventListener("drop", (event) => {
      const day = event.target.closest("td");
      if (!day) return;
      event.preventDefault();
      location.href = day.dataset.to;
    });
  }
}
