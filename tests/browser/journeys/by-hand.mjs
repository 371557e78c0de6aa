// One case under each policy, led from the report to the retrospective and the
// end with forms and buttons alone, by people who did the work elsewhere and
// write down what happened when, with its evidence.
import assert from "node:assert/strict";

const MINUTE = 60000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export default async function ({ desk, api, look, person, team }) {
  const { ana, bo, project } = await team();
  const stamp = (at) => new Date(at).toISOString().slice(0, 16);
  // Ten days ago was release day, at the hour that the policy recommends.
  const release = Math.floor((Date.now() - 10 * DAY) / DAY) * DAY + 16 * HOUR;
  const before = (days, hours = 0) => release - days * DAY - hours * HOUR;
  const after = (minutes) => release + minutes * MINUTE;

  async function report(title) {
    const gus = await person({ javaScriptEnabled: false });
    await gus.goto(`/projects/${project}/report`);
    await gus.getByLabel("In one line").fill(title);
    await gus.getByLabel("What is wrong").fill("Steps to reproduce it.");
    await gus.getByRole("button", { name: "Send the report" }).click();
    await gus.getByRole("heading", { name: "Your report was received" }).waitFor();
    await ana.goto("/inbox");
    await ana.getByRole("link", { name: title, exact: true }).click();
    await ana.waitForURL("**/cases/*");
    return new URL(ana.url()).pathname;
  }

  // Fills the form of an event in and sends it; `at` is when it happened.
  async function record(page, at, kind, when, fields = {}) {
    await page.goto(`${at}/record/${kind}`);
    const form = page.locator("form.sheet");
    for (const [name, value] of Object.entries(fields)) {
      const field = form.locator(`[name="${name}"]`);
      const sort = await field.first().evaluate((element) => element.tagName + "." + element.type);
      if (sort === "INPUT.checkbox") {
        for (const box of await field.all()) await box.setChecked(value.includes(await box.getAttribute("value")));
      } else if (sort.startsWith("SELECT")) {
        const known = await field.locator("option").allTextContents();
        await field.selectOption(known.includes(value) ? { label: value } : value);
      } else {
        await field.fill(Array.isArray(value) ? value.join("\n") : value);
      }
    }
    if (when) {
      const found = form.locator('input[type="radio"][value="found"]');
      if (await found.count()) await found.check();
      await form.locator('[name="at"]').fill(stamp(when));
    }
    // The desk may have done something of its own meanwhile; then it is looked at again.
    for (let tries = 0; tries < 4; tries += 1) {
      await page.getByRole("button", { name: "Record it" }).click();
      const done = page.getByText("Recorded.");
      const stale = page.getByText("somebody has changed the case");
      await done.or(stale).first().waitFor({ timeout: 10000 });
      if (await done.count()) return;
    }
    throw new Error(kind + " was not recorded");
  }

  // A duty on the page: its state, and what it offers to do.
  async function states(page) {
    return page.locator("li.duty[data-duty]:not(.quiet)").evaluateAll((rows) =>
      rows.map((row) => [row.dataset.duty, row.querySelector(".subject")?.textContent ?? "", row.querySelector(".state").textContent]),
    );
  }

  async function finish(page, at, name) {
    await page.goto(at);
    await page.getByText("Nothing is left to do.").waitFor();
    const rows = await states(page);
    const fine = ["done in time", "done late", "excused"];
    assert.deepEqual(rows.filter(([, , state]) => !fine.includes(state)), [], "every duty is met, late or excused");
    for (const more of await page.locator("section[aria-labelledby=duties] > details > summary").all()) await more.click();
    await look(page, `by-hand-${name}-done`);
    await page.locator("section[aria-labelledby=close]").getByLabel("Why", { exact: true }).fill("everything is done");
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await page.getByRole("heading", { name: "Open it again" }).waitFor();
    return rows.map(([duty]) => duty);
  }

  // OpenTelemetry's policy: everything, from the mail of four weeks before release day.
  const first = await report("Decompression bomb in the receiver");
  await record(ana, first, "report.received", before(27), { visibility: "private", channel: "mail", reporter: "Gus P." });
  await ana.getByRole("button", { name: "I lead this" }).click();
  await record(ana, first, "fixlead.assigned", before(27, -2), { how: "rotation" });
  await look(ana, "by-hand-begun", [["wide", 1360, 900], ["narrow", 390, 844]]);
  // Each duty links its form; the form says what the policy wants.
  await ana.locator('li.duty[data-duty="acknowledge"]').getByRole("link", { name: "Record: report acknowledged" }).click();
  await ana.getByText("A report is acknowledged quickly").waitFor();
  await ana.getByLabel("What shows it").fill("answered by mail");
  await ana.getByLabel("Where it can be read").fill("<20261001.1@example.org>");
  await ana.getByRole("radio", { name: /It happened/ }).check();
  await ana.locator('[name="at"]').fill(stamp(before(27, -1)));
  await look(ana, "by-hand-form");
  await ana.getByRole("button", { name: "Record it" }).click();
  await ana.getByText("Recorded.").waitFor();
  await ana.getByText("Done, excused or missed").click();
  await ana.getByText("Evidence: answered by mail").waitFor();

  // Who works on it is let in here, and was on it before.
  await ana.locator('li.duty[data-duty="fix-team"]').getByRole("link", { name: "Ask somebody in" }).click();
  if (!(await ana.locator("#ask-in[open]").count())) await ana.getByText("Ask somebody in").last().click();
  await ana.locator("#give").selectOption({ label: "Bo Lind" });
  await ana.locator("#role").selectOption("release-manager");
  await ana.locator("#give-reason").fill("builds the releases");
  await ana.getByRole("button", { name: "Give access" }).click();
  await ana.getByText("Recorded.").waitFor();
  await record(ana, first, "fixteam.added", before(27, -3), { role: "release-manager" });
  await record(ana, first, "overview.sent", before(27, -4), { message_id: "<20261001.2@example.org>" });
  await record(ana, first, "triage.started", before(26));
  await record(ana, first, "triage.decided", before(26, -2), { disposition: "valid" });
  await record(ana, first, "affected.set", before(26, -3), { branches: ["main", "release-1"] });
  await record(ana, first, "score.set", before(25), { vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", final: "true" });
  await record(ana, first, "cve.assigned", before(25, -1), { id: "CVE-2026-12345" });
  await record(ana, first, "commit.proposed", before(24), { id: "3f1c9a7", "author.other": "eli", paths: ["receiver/otlp.go"], title: "Bound what is decompressed" });
  await record(bo, first, "lgtm", before(23), { on: ["3f1c9a7"] });
  await record(ana, first, "fix.complete", before(22, -1));
  await record(ana, first, "comms.planned", before(15));
  await record(ana, first, "release.scheduled", before(14), { for: stamp(release) });
  await record(ana, first, "notice.advance", before(10), { states: stamp(release), includes: ["patches", "how to reproduce it"], patches: ["main", "release-1"], to: ["distributors"] });
  await record(ana, first, "notice.prerelease", before(2), { states: stamp(release), includes: ["public text"], to: ["distributors"] });
  for (const branch of ["main", "release-1"]) {
    await record(ana, first, "commit.proposed", before(0, 2), { id: `pick-${branch}`, "author.other": "eli", paths: ["receiver/otlp.go"], branch });
  }
  await record(bo, first, "approved", before(0, 1), { branches: ["main", "release-1"] });
  await record(bo, first, "merged", after(-30), { branches: ["main", "release-1"], repo: "public" });
  await record(bo, first, "binaries.verified", after(-5), { branches: ["main", "release-1"] });
  await record(bo, first, "released", release, { branches: ["main", "release-1"], versions: ["1.9.1"], kind: "out-of-band" });
  await record(ana, first, "announced", release, { channels: ["general", "oss-security", "slack", "tracking-issue"], links: ["https://example.org/advisories/1", "https://www.cve.org/CVERecord?id=CVE-2026-12345"] });
  await record(ana, first, "tracking.opened", after(10), { title: "CVE-2026-12345: decompression bomb", url: "https://example.org/issues/1" });
  await record(ana, first, "cve.published", after(60), { id: "CVE-2026-12345" });
  await record(ana, first, "tracking.closed", after(90), { url: "https://example.org/issues/1" });
  await record(ana, first, "retro.sent", after(2 * 24 * 60), { to: ["security@example.org"], parts: ["people", "timeline", "critique"] });
  await record(bo, first, "feedback.sent", after(3 * 24 * 60), { parts: ["what went well"] });
  await ana.goto(first);
  // The desk lets the Fix Team go by itself after the release, or somebody does.
  const go = ana.locator('li.duty[data-duty="fix-team-revoke"]').getByRole("link", { name: "Let the Fix Team go" });
  if (await go.count()) {
    await go.click();
    if (!(await ana.locator("#dismiss[open]").count())) await ana.locator("#dismiss summary").click();
    await ana.getByRole("button", { name: "End the access of the whole Fix Team" }).click();
    await ana.getByText("Recorded.").waitFor();
  }
  const done = await finish(ana, first, "opentelemetry");
  for (const duty of ["fix-team", "overview", "score", "cve", "fix-complete", "comms-plan", "advance-notice", "cherry-pick", "approve", "binaries", "prerelease-notice", "announce", "cve-populate", "tracking-close", "retro", "feedback"]) {
    assert.ok(done.includes(duty), duty);
  }

  // Vitess' policy, for the next case of the same project.
  const version = (await api(ana, "GET", "/directory")).etag;
  await api(ana, "POST", `/projects/${project}/policy`, { policy: "vitess", reason: "a rehearsal" }, { "if-match": version });
  const second = await report("Shard names reach the query log");
  await record(ana, second, "report.received", before(6), { visibility: "private", channel: "mail" });
  await ana.getByRole("button", { name: "I lead this" }).click();
  await record(ana, second, "report.acknowledged", before(6, -1), { evidence: "answered by mail", "evidence.reference": "<20261020.1@example.org>" });
  await record(ana, second, "affected.set", before(5), { branches: ["main", "release-1"] });
  await record(ana, second, "score.set", before(5, -1), { vector: "CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N", final: "true" });
  // Below 4.0 the maintainers may slow down: a decision with its reason and new due.
  await ana.goto(second);
  await ana.locator("section[aria-labelledby=decisions]").getByRole("link", { name: "Slow-down decided" }).click();
  await ana.locator('[name="new_due"]').fill(stamp(before(-20)));
  await ana.locator('[name="reason"]').fill("holidays");
  await ana.locator('[name="by"]').selectOption("maintainers");
  await ana.getByRole("radio", { name: /It happened/ }).check();
  await ana.locator('[name="at"]').fill(stamp(before(4, 12)));
  await look(ana, "by-hand-decision");
  await ana.getByRole("button", { name: "Record it" }).click();
  await ana.getByText("Recorded.").waitFor();
  await record(ana, second, "fix.complete", before(4));
  await record(ana, second, "comms.planned", before(3, 12));
  await record(ana, second, "release.scheduled", before(3, 6), { for: stamp(release) });
  await record(ana, second, "notice.forthcoming", before(3), { states: stamp(release), mitigation: "turn the query log off", channel: "#announcements" });
  await record(ana, second, "merged", after(-30), { branches: ["main", "release-1"], repo: "public" });
  await record(ana, second, "binaries.verified", after(-5), { branches: ["main", "release-1"] });
  await record(ana, second, "released", release, { branches: ["main", "release-1"], versions: ["18.0.2"], kind: "patch" });
  await record(ana, second, "announced", after(1), { channels: ["slack", "general"], links: ["https://www.cve.org/CVERecord?id=CVE-2026-22222", "https://example.org/how-to-upgrade"] });
  await record(ana, second, "retro.sent", after(2 * 24 * 60), { to: ["maintainers@example.org"], parts: ["timeline"] });
  const doneToo = await finish(ana, second, "vitess");
  for (const duty of ["fix-lead", "acknowledge", "score", "fix-complete", "backport", "comms-plan", "forthcoming-notice", "fixed-notice"]) {
    assert.ok(doneToo.includes(duty), duty);
  }
  for (const page of [ana, bo]) assert.deepEqual(page.wrong, []);
  assert.ok(!desk.log().includes("Decompression bomb"), "no content in the log");
}
