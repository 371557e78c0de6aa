// A page that says where it stands is told when that has changed, as long as
// somebody looks at it. Nothing moves until they ask for it.
{
  const page = document.querySelector("div[data-live]");
  if (page && window.EventSource) {
    let stream;
    const look = () => {
      if (document.hidden) {
        stream?.close();
        stream = undefined;
      } else if (!stream) {
        stream = new EventSource("/live?" + page.dataset.live);
        stream.addEventListener("changed", () => {
          stream.close();
          document.removeEventListener("visibilitychange", look);
          document.querySelector("[data-changed]").hidden = false;
        });
      }
    };
    document.addEventListener("visibilitychange", look);
    addEventListener("pagehide", () => stream?.close());
    look();
    document.querySelector("[data-changed] button").addEventListener("click", () => location.reload());
  }
}
