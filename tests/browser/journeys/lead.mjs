// What a Fix Lead does beside the page of a case: severity, the release plan, the
// communication plan, people with ends, handing over, a calendar.
import assert from "node:assert/strict";

export default async function ({ desk, api, look, person, team }) {
  const { ana, bo, project } = await team();
  const gus = await person();
  await gus.goto(`/projects/${project}/report`);
  await gus.getByLabel("In one line").fill("Zebra-striped header confuses the parser");
  await gus.getByLabel("What is wrong").fill("Steps.");
  await gus.getByRole("button", { name: "Send the report" }).click();
  await gus.getByRole("heading", { name: "Your report was received" }).waitFor();
  await ana.goto("/inbox");
  await ana.getByRole("link", { name: "Zebra-striped header confuses the parser", exact: true }).click();
  await ana.waitForURL("**/cases/*");
  const at = new URL(ana.url()).pathname;
  await ana.getByRole("button", { name: "I lead this" }).click();
  await ana.getByText("(you)").waitFor();

  // Severity: the calculator works live with JavaScript, and by its button without.
  await ana.goto(`${at}/severity`);
  await ana.getByText("Nobody has scored it yet").waitFor();
  for (const [metric, value] of Object.entries({ AV: "N", AC: "L", PR: "N", UI: "N", S: "U", C: "N", I: "N", A: "H" })) {
    await ana.locator(`input[name="${metric}"][value="${value}"]`).check({ force: true });
  }
  await ana.locator("#outcome").getByText("7.5").first().waitFor();
  await ana.getByText("If it became the final score now").waitFor();
  await look(ana, "severity");
  const plain = await person({ javaScriptEnabled: false, storageState: { cookies: await bo.context().cookies(), origins: [] } });
  await plain.goto(`${at}/severity?version=4.0`);
  for (const metric of ["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"]) {
    await plain.locator(`input[name="${metric}"]`).first().check({ force: true });
  }
  await plain.getByRole("button", { name: "Work it out" }).click();
  assert.match(await plain.locator(".vector").first().textContent(), /^CVSS:4\.0\//);
  await plain.goto(`${at}/severity?vector=${encodeURIComponent("AV:N/AC:L/Au:N/C:N/I:N/A:C")}`);
  assert.equal((await plain.locator(".score b").textContent()).trim(), "7.8");
  await plain.goto(`${at}/severity?vector=${encodeURIComponent("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:H")}`);
  await plain.getByLabel("Why").fill("it takes luck");
  await plain.getByRole("button", { name: "Keep it as an opinion" }).click();
  await plain.getByText("it takes luck").waitFor();
  await ana.goto(`${at}/severity?vector=${encodeURIComponent("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H")}`);
  await ana.getByLabel("Why").fill("one frame is enough");
  await ana.getByRole("button", { name: "This is the final score" }).click();
  await ana.getByText("Recorded.").waitFor();
  assert.equal(await ana.locator("tr.counts b.good").count(), 1);
  await ana.getByRole("button", { name: "Let this one count" }).click();
  await ana.getByText("the score of Bo Lind").waitFor();
  await look(ana, "severity-opinions");

  // The release plan: what objects to an instant is said at once.
  for (const [kind, fields] of [["affected.set", { "release-1": true }], ["cve.assigned", { id: "CVE-2026-12345" }]]) {
    await ana.goto(`${at}/record/${kind}`);
    if (fields.id) await ana.getByLabel("CVE id").fill(fields.id);
    else await ana.getByLabel("release-1").check();
    await ana.getByRole("button", { name: "Record it" }).click();
    await ana.getByText("Recorded.").waitFor();
  }
  await ana.goto(`${at}/plan`);
  const tomorrow = new Date(Date.now() + 86400000).toISOString().slice(0, 10) + "T16:00";
  await ana.getByLabel("Instant").fill(tomorrow);
  await ana.getByRole("button", { name: "Look" }).click();
  await ana.locator(".verdict.held").waitFor();
  assert.match(await ana.locator(".verdict").textContent(), /OT-49/);
  await look(ana, "plan-held");
  await ana.locator(".instants a").last().click();
  await ana.locator(".verdict.good").waitFor();
  // Dragging the marker looks at another day.
  const pin = ana.locator("[data-pin]").first();
  const target = ana.locator("table.month td.held").last();
  if ((await pin.count()) && (await target.count())) {
    const to = await target.getAttribute("data-to");
    await pin.dragTo(target);
    await ana.waitForURL((url) => url.pathname + url.search === to);
    await ana.goBack();
  }
  await ana.getByRole("button", { name: "Plan the release for this instant" }).click();
  await ana.getByText("Recorded.").waitFor();
  await look(ana, "plan");

  // Another project's date holds it.
  await ana.getByRole("link", { name: "Record a date of theirs" }).first().click();
  await ana.getByLabel("Their disclosure date").fill(new Date(Date.now() + 20 * 86400000).toISOString().slice(0, 10) + "T12:00");
  await ana.getByLabel("Upstream project").fill("the parser library");
  await ana.getByLabel("Reference").fill("https://example.org/thread/1");
  await ana.getByRole("button", { name: "Record it" }).click();
  await ana.goto(`${at}/plan`);
  await ana.getByText("holds every publication before it").waitFor();

  // The communication plan.
  await ana.goto(`${at}/communication`);
  await ana.getByText("Drafted from what the policy asks for").waitFor();
  await ana.getByLabel("Who hears, line 1", { exact: true }).fill("distributors & vendors");
  await look(ana, "communication");
  await ana.getByRole("button", { name: "Record the plan" }).click();
  await ana.getByText("Recorded.").waitFor();
  assert.equal(await ana.getByLabel("Who hears, line 1", { exact: true }).inputValue(), "distributors & vendors");
  await ana.goto(at);
  assert.ok((await ana.content()).length < 100 * 1024, "the page of a case is " + (await ana.content()).length);
  await look(ana, "case-planned");

  // A role with an end, and another end.
  await ana.locator("#ask-in > summary").click();
  await ana.locator("#give").selectOption({ label: "Bo Lind" });
  await ana.locator("#give-reason").fill("wrote the parser");
  await ana.locator("#until").fill(new Date(Date.now() + 9 * 86400000).toISOString().slice(0, 16));
  await ana.getByRole("button", { name: "Give access" }).click();
  await ana.getByText("Recorded.").waitFor();
  const member = ana.locator(".people li", { hasText: "fix team" });
  await member.getByText("ends in").waitFor();
  await member.locator("summary").click();
  await member.getByText("given by Ana Ruiz: wrote the parser").waitFor();
  await member.getByLabel("Until").fill("");
  await member.getByLabel("Why", { exact: true }).fill("until it is fixed");
  await look(ana, "case-people", [["wide", 1360, 900]]);
  await member.getByRole("button", { name: "Move the end" }).click();
  await ana.getByText("Recorded.").waitFor();
  assert.equal(await ana.locator(".people li", { hasText: "fix team" }).getByText("ends in").count(), 0);

  // Handed over, and declined; handed over, and taken.
  for (const answer of ["Decline", "Take the lead"]) {
    await ana.goto(at);
    await ana.getByText("Hand it over").click();
    await ana.locator("#to").selectOption({ label: "Bo Lind" });
    await ana.locator("#handoff-reason").fill("on leave");
    await ana.getByRole("button", { name: "Offer the lead" }).click();
    await ana.getByText("Offered to Bo Lind").waitFor();
    await bo.goto(at);
    await bo.getByRole("button", { name: answer }).click();
    await bo.getByText("Recorded.").waitFor();
  }
  await bo.locator("section[aria-labelledby=lead]").getByText("(you)").waitFor();

  // An address for one's own calendar, that ends.
  await ana.goto("/calendar");
  await look(ana, "calendar");
  await bo.goto("/calendar");
  await bo.getByLabel("What reads it").fill("phone");
  await bo.getByRole("button", { name: "Make an address" }).click();
  const address = await bo.locator("#address").textContent();
  const feed = await (await fetch(address)).text();
  assert.match(feed, /^BEGIN:VCALENDAR\r\n/);
  assert.match(feed, /SUMMARY:Fixlead: release step\r\n/);
  assert.ok(!feed.includes("Zebra") && !feed.includes(at.split("/").pop()), "nothing of the case");
  await bo.getByRole("button", { name: "End it" }).click();
  await bo.getByText("There is none yet.").waitFor();
  assert.equal((await fetch(address)).status, 404);

  for (const page of [ana, bo, plain]) assert.deepEqual(page.wrong, []);
  assert.ok(!desk.log().includes("Zebra"), "no content in the log");
}
