// What makes pages nicer. Everything works without it.
"use strict";

// An instant in the reader's own zone, beside the one in UTC.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && zone !== "UTC") {
  const local = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
  for (const time of document.querySelectorAll("time[data-moment]")) {
    const at = new Date(time.dateTime);
    // Whoever has said their zone sees it already.
    if (!time.textContent.includes(" · ") && time.dateTime.length > 10 && !Number.isNaN(at.valueOf())) {
      time.append(" · " + local.format(at));
    }
  }
}

// How far away instants are, as time goes by.
function span(minutes) {
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  if (days) return days + " d" + (hours ? " " + hours + " h" : "");
  if (hours) return hours + " h" + (rest ? " " + rest + " min" : "");
  return rest ? rest + " min" : "less than a minute";
}
function tick() {
  for (const time of document.querySelectorAll("time[data-away]")) {
    const away = Date.parse(time.dateTime) - Date.now();
    const text = span(Math.floor(Math.abs(away) / 60000));
    time.textContent = away > 0 ? "in " + text : text + " ago";
  }
}
setInterval(tick, 30000);

// A link that works once holds its secret behind `#`: into the form with it.
const link = document.querySelector("form[data-link]");
if (link && location.hash.length > 1) {
  link.elements.link.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  link.requestSubmit();
}

// Copying what is shown once.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const from = document.getElementById(button.dataset.copy);
    const parts = from.querySelectorAll("code");
    const text = parts.length ? Array.from(parts, (part) => part.textContent).join("\n") : from.textContent;
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  });
}
