// The advisory: what is to be said of it follows what is typed. The desk looks it through.
{
  const remarks = document.getElementById("remarks");
  let last = 0;
  for (const form of document.querySelectorAll("form[data-check]")) {
    form.addEventListener("input", () => {
      const turn = (last += 1);
      setTimeout(async () => {
        if (turn !== last) return;
        const body = new URLSearchParams(new FormData(form));
        const answer = await fetch(form.dataset.check, { method: "POST", body, headers: { accept: "text/html" } }).catch(() => null);
        if (!answer?.ok || turn !== last) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        remarks.replaceChildren(...page.body.childNodes);
        for (const wrong of form.querySelectorAll(".wrong")) wrong.remove();
      }, 600);
    });
  }
}
