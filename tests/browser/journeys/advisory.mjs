// The advisory of a case: written as a form and as text, with and without JavaScript,
// looked through while it is written, held by the policy, published by two people.
import assert from "node:assert/strict";

export default async function ({ desk, api, look, person, team }) {
  const { ana, bo, project } = await team();
  const gus = await person({ javaScriptEnabled: false });
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
  const found = async (event) => {
    const stands = (await api(ana, "GET", at)).etag;
    const sent = await api(ana, "POST", `${at}/events`, { event: { at: new Date().toISOString(), ...event }, source: "found" }, { "if-match": stands });
    assert.equal(sent.status ?? 201, 201, JSON.stringify(sent.body));
  };
  await found({ type: "cve.assigned", id: "CVE-2026-12345" });

  // It begins with what the case knows, and what is missing is said at its place.
  await ana.goto(at);
  await ana.getByRole("link", { name: "Advisory", exact: true }).click();
  await ana.getByText("Nobody has written it yet").first().waitFor();
  assert.equal(await ana.getByLabel("CVE id").inputValue(), "CVE-2026-12345");
  // Before anything was typed nothing is wrong.
  await ana.locator("#remarks").getByText("Nobody has written it yet").waitFor();
  assert.equal(await ana.locator(".wrong").count(), 0);
  await look(ana, "advisory-fresh");
  await ana.getByRole("button", { name: "Check" }).first().click();
  await ana.locator("#remarks").getByText("the key `summary` is missing").waitFor();
  assert.equal(await ana.locator("#f-summary ~ .wrong").first().textContent(), "the key `summary` is missing; an advisory has one, before the first section");
  await look(ana, "advisory-begun");
  await ana.locator("#remarks a", { hasText: "summary" }).click();
  assert.equal(await ana.evaluate(() => location.hash), "#f-summary");

  // While it is written, what is to be said of it follows.
  const write = async (page, fields) => {
    for (const [path, value] of Object.entries(fields)) {
      const field = page.locator(`[name="${path}"]`);
      if ((await field.evaluate((element) => element.tagName)) === "SELECT") await field.selectOption(value);
      else await field.fill(value);
    }
  };
  await write(ana, {
    summary: "A header in stripes makes the parser fail.",
    description: "Zebra-striped headers confuse the parser.\n\nIt stops.",
    published: new Date(Date.now() - 3600000).toISOString().slice(0, 19) + "Z",
    cwe: "CWE-20",
    "affected/0/package": "pkg:golang/example.org/collector",
    "affected/0/range/0/introduced": "0",
    "affected/0/range/0/fixed": "1.2.0",
    "publisher/namespace": "https://example.org",
  });
  await ana.locator("#remarks").getByText("a CVE record needs a public reference").waitFor();
  assert.equal(await ana.locator("#remarks").getByText("`summary` is missing").count(), 0);

  // A section more and one less, by buttons that need no script.
  await ana.getByRole("button", { name: "Add: Reference" }).click();
  await ana.locator('[name="reference/0/url"]').waitFor();
  assert.equal(await ana.evaluate(() => location.hash), "#f-reference/0", "the page goes to what was added");
  await write(ana, { "reference/0/kind": "fix", "reference/0/url": `${desk.url}${at}` });
  await ana.getByRole("button", { name: "Add: Range of versions" }).click();
  await ana.locator('[name="affected/0/range/1/introduced"]').waitFor();
  await ana.locator('[id="f-affected/0/range/1"]').getByRole("button", { name: "Take this out" }).click();
  await ana.locator('[name="affected/0/range/1/introduced"]').waitFor({ state: "detached" });
  await ana.locator("#remarks li.error", { hasText: "reference/0/url" }).waitFor();
  assert.match(await ana.locator("#remarks li.error", { hasText: "reference/0/url" }).textContent(), /insiders|only/);
  await ana.getByRole("button", { name: "Save" }).first().click();
  await ana.getByText("version 1.").waitFor();
  await ana.getByLabel("Why now").fill("it is ready");
  await ana.getByRole("button", { name: "Ask for publication" }).click();
  await ana.locator("[role=alert]", { hasText: "reference/0/url" }).waitFor();
  await write(ana, { "reference/0/url": "https://example.org/fix" });
  await ana.locator("#remarks").getByText("Every document can be made of this.").waitFor();
  await ana.getByRole("button", { name: "Save" }).first().click();
  await ana.getByText("version 2.").waitFor();
  await ana.getByText("under embargo, not published").waitFor();
  await ana.locator("summary", { hasText: "osv.json" }).click();
  await ana.locator("pre.source", { hasText: '"schema_version"' }).waitFor();
  const written = await ana.locator("pre.source").evaluateAll((all) => all.reduce((sum, one) => sum + one.innerHTML.length, 0));
  await look(ana, "advisory-written", undefined, written);
  const [download] = await Promise.all([ana.waitForEvent("download"), ana.getByRole("link", { name: "Download osv.json" }).click()]);
  assert.equal(download.suggestedFilename(), "UNDER-EMBARGO-osv.json");

  // Somebody without JavaScript writes the text; what the other had open is not lost.
  await ana.goto(`${at}/advisory`);
  await api(ana, "POST", `${at}/grants`, { person: (await api(bo, "GET", "/session")).body.person, role: "fix-team", reason: "wrote the parser" });
  await bo.goto(`${at}/advisory`);
  await bo.locator("summary", { hasText: "The source as text" }).click();
  const text = await bo.getByLabel("CASE.toml").inputValue();
  await bo.getByLabel("CASE.toml").fill("colour = 1\n" + text);
  await bo.locator("form", { has: bo.getByLabel("CASE.toml") }).getByRole("button", { name: "Check" }).click();
  await bo.getByText("The form cannot show this source").waitFor();
  await bo.locator("#remarks").getByText("unknown key `colour`").waitFor();
  await bo.getByLabel("CASE.toml").fill(text.replace("It stops.", "It stops at once."));
  await bo.locator("form", { has: bo.getByLabel("CASE.toml") }).getByRole("button", { name: "Save" }).click();
  await bo.getByText("version 3.").waitFor();
  await write(ana, { summary: "A striped header makes the parser fail." });
  await ana.getByRole("button", { name: "Save" }).first().click();
  await ana.getByText("somebody has written it since you opened this page").waitFor();
  await ana.locator("pre.source", { hasText: "It stops at once." }).first().waitFor();
  await write(ana, { description: "Zebra-striped headers confuse the parser.\n\nIt stops at once." });
  await ana.getByRole("button", { name: "Save" }).first().click();
  await ana.getByText("version 4.").waitFor();

  // Two people, and not before the release.
  await ana.getByText("The policy holds it").first().waitFor();
  await ana.getByText("when the policy no longer holds it or with a reason in its place").waitFor();
  await ana.getByText("recorded by hand").waitFor();
  await ana.getByLabel("Why now").fill("it is ready");
  await ana.getByRole("button", { name: "Ask for publication" }).click();
  await ana.getByText("It waits for a second person.").waitFor();
  await bo.goto(`${at}/advisory`);
  await bo.getByRole("button", { name: "Confirm and publish" }).click();
  await bo.locator("[role=alert]", { hasText: "OT-64" }).waitFor();
  const days = (count) => new Date(Date.now() - count * 86400000).toISOString();
  await found({ type: "notice.advance", at: days(8) });
  await found({ type: "binaries.verified", branches: ["release-1"] });
  await found({ type: "released", branches: ["release-1"], versions: ["1.2.0"] });
  await bo.goto(`${at}/advisory`);
  await bo.getByRole("button", { name: "Confirm and publish" }).click();
  await bo.getByText("Public as it stands.", { exact: true }).waitFor();
  await ana.goto(`${at}/advisory`);
  await look(ana, "advisory-published", undefined, written);
  await ana.goto(at);
  assert.equal(await ana.locator("header.sealed").count(), 0, "the case is public");

  for (const page of [ana, bo]) assert.deepEqual(page.wrong, []);
  assert.ok(!desk.log().includes("Zebra"), "no content in the log");
}
