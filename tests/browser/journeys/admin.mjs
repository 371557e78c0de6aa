// Operators, responders and an auditor administer a desk: partly without
// JavaScript, and nothing that was typed is lost when a proof is asked for.
import assert from "node:assert/strict";

export default async function ({ desk, api, look, person, enrol, team }) {
  const { olga, ana, bo, members, project } = await team();
  const eve = (await api(olga, "GET", "/directory")).body.people.find((one) => one.name === "Eve Nobody");

  // Who administers nothing finds nothing, and is shown no way there.
  const nobody = await enrol(`${desk.url}/invitation#${(await api(olga, "POST", "/invitations", { name: "Ned None" })).body.link}`, "ned@example.org");
  assert.equal(await nobody.getByRole("link", { name: "Administration" }).count(), 0);
  for (const path of ["/admin", "/admin/people", `/admin/people/${eve.person}`, `/admin/projects/${project}`]) {
    assert.equal((await nobody.goto(path)).status(), 404, path);
  }

  // The operator sees what is missing, adds an organisation and a project.
  await olga.goto("/inbox");
  await olga.getByRole("link", { name: "Administration" }).click();
  await olga.getByRole("heading", { name: "Waits for you" }).waitFor();
  await olga.getByText("You are the only operator", { exact: true }).waitFor();
  await look(olga, "admin-home");
  await olga.goto("/admin/projects");
  await look(olga, "admin-projects");
  await olga.getByText("Add a project").click();
  await olga.getByLabel("What it is called").first().fill("Shard Planner");
  await olga.getByLabel("Policy", { exact: true }).selectOption("vitess");
  await olga.getByRole("button", { name: "Add the project" }).click();
  await olga.getByText("Done.").waitFor();
  await olga.getByText("Nobody takes turns.").waitFor();
  const planner = new URL(olga.url()).pathname.split("/").pop();

  // People: invited, given a role that waits for a second person, suspended.
  await olga.goto("/admin/people");
  await look(olga, "admin-people");
  await olga.getByText("Invite somebody").click();
  await olga.getByLabel("What they are called").first().fill("Ria Audit");
  await olga.getByRole("button", { name: "Make a link" }).click();
  await olga.getByRole("heading", { name: "A link for Ria Audit" }).waitFor();
  await look(olga, "admin-invited");
  const ria = await enrol(await olga.locator("#link").textContent(), "ria@example.org");
  await olga.goto("/admin/people");
  await olga.getByRole("link", { name: "Ria Audit" }).click();
  await olga.getByLabel("Role", { exact: true }).selectOption("auditor");
  await olga.getByLabel("Where", { exact: true }).selectOption("installation");
  await olga.getByLabel("Because").first().fill("checks the desk for the foundation");
  await olga.getByRole("button", { name: "Propose it" }).click();
  await olga.getByText("Waits for a second person").waitFor();
  await look(olga, "admin-person");

  // The second person confirms it on the list of offers, without JavaScript.
  await bo.goto("/admin");
  await bo.getByText("Confirm: Ria Audit as auditor everywhere", { exact: true }).waitFor();
  await ana.goto("/admin/people");
  assert.equal(await bo.getByRole("button", { name: /^Confirm/ }).count(), 0, "nobody confirms before they look");
  await look(ana, "admin-people-offer");
  await ana.getByRole("button", { name: "Confirm Ria Audit as auditor everywhere" }).click();
  await ana.getByText("Done.").waitFor();

  // A responder says what the project is; a mistake loses nothing.
  await bo.goto(`/admin/projects/${project}`);
  await bo.getByLabel("Name of another branch (1)").fill("release-2");
  await bo.getByLabel("Since when the other branch is that (1)").fill("2026-05-01");
  await bo.getByLabel("Owners, by directory").fill("/: Ana Ruiz, Bo Lind\nexporter Bo Lind");
  await bo.getByRole("button", { name: "Keep these facts" }).click();
  await bo.getByText("a line is a directory, a colon and names").waitFor();
  assert.equal(await bo.getByLabel("Name of another branch (1)").inputValue(), "release-2");
  await bo.getByLabel("Owners, by directory").fill("/: Ana Ruiz, Bo Lind\n/exporter: Bo Lind");
  await bo.locator("#holidays").fill("2026-12-25");
  await bo.getByRole("button", { name: "Keep these facts" }).click();
  await bo.getByText("Done.").waitFor();
  const facts = (await api(ana, "GET", "/directory")).body.projects.find((one) => one.project === project).facts;
  assert.deepEqual(facts.branches.map((branch) => branch.name), ["main", "release-1", "release-2"]);
  const exporter = Object.entries(facts.owners).find(([directory]) => directory.replaceAll("/", "") === "exporter");
  assert.deepEqual(exporter?.[1], [members[1]], "people are kept by their ids");
  await bo.getByLabel("Ana Ruiz").check();
  await bo.getByRole("button", { name: "Keep these", exact: true }).click();
  await bo.getByText("Done.").waitFor();
  await ana.goto(`/admin/projects/${project}`);
  await look(ana, "admin-project");

  // Leave, and a standing that is changed: the reason is asked for.
  await ana.goto(`/admin/people/${members[0]}`);
  await ana.getByLabel("First and last day").fill("2026-12-20 to soon");
  await ana.getByRole("button", { name: "Keep these periods" }).click();
  await ana.getByText("write a first and a last day").waitFor();
  await ana.getByLabel("First and last day").fill("2026-12-20 to 2027-01-06");
  await ana.getByRole("button", { name: "Keep these periods" }).click();
  await ana.getByText("Done.").waitFor();
  await olga.goto(`/admin/people/${eve.person}`);
  await olga.getByText("Change whether they may act").click();
  await olga.getByLabel("Suspend").check();
  await olga.locator("#s-reason").fill("left the company");
  await olga.getByRole("button", { name: "Change it" }).click();
  await olga.getByText("Done.").waitFor();
  await olga.locator("h1").getByText("suspended").waitFor();

  // Policies: read, given what they need, and one of its own set after a look at its findings.
  await ana.goto("/admin/policies");
  await look(ana, "admin-policies");
  await ana.goto("/admin/policies/vitess");
  await look(ana, "admin-policy-built-in");
  await ana.goto(`/admin/projects/${project}`);
  await ana.getByRole("link", { name: /Read it/ }).click();
  await look(ana, "admin-policy", undefined, (await ana.locator("article.policy").innerText()).length);
  const rows = ana.locator("tr.care input");
  assert.ok((await rows.count()) > 0, "a policy with parameters that are not set");
  const named = await rows.first().getAttribute("aria-label");
  await rows.first().fill("security@example.org");
  await ana.getByLabel("Because").fill("our own list");
  await ana.getByRole("button", { name: "Set these values" }).click();
  await ana.getByText("Done.").waitFor();
  await ana.getByText("security@example.org").waitFor();
  assert.match(named, /^Value of /);
  await ana.goto(`/admin/projects/${project}/policy`);
  await ana.getByLabel("Your own, in the policy language:").check();
  await ana.getByLabel("Its text (TOML)").fill("[policy]\nid = 3\n");
  await ana.getByRole("button", { name: "Check it" }).click();
  await ana.getByRole("alert").waitFor();
  assert.equal(await ana.getByLabel("Its text (TOML)").inputValue(), "[policy]\nid = 3");
  await look(ana, "admin-policy-refused");
  const own = (await api(ana, "GET", "/directory")).body && (await ana.goto("/admin/policies/vitess/text"), await ana.locator("pre").textContent());
  await ana.goto(`/admin/projects/${project}/policy`);
  await ana.getByLabel("or its file").setInputFiles([{ name: "ours.toml", mimeType: "text/plain", buffer: Buffer.from(own.replace('id = "vitess"', 'id = "ours"')) }]);
  await ana.getByRole("button", { name: "Check it" }).click();
  await ana.getByRole("button", { name: "Set it for new cases" }).waitFor();
  await look(ana, "admin-policy-checked");
  await ana.getByLabel("Because").fill("we agreed on it");
  await ana.getByRole("button", { name: "Set it for new cases" }).click();
  await ana.getByText("Done.").waitFor();
  await ana.getByRole("link", { name: "ours", exact: true }).waitFor();

  // The rota: an order by places, weeks that begin on a Monday, leave.
  await bo.goto("/admin/rota");
  await ana.goto("/admin/rota");
  await look(ana, "admin-rotas");
  await bo.goto(`/admin/rota/${project}`);
  await bo.getByLabel("Place of Ana Ruiz").fill("3");
  await bo.getByLabel("week by week").check();
  await bo.getByLabel("The Monday of the first week").fill("2026-11-24");
  await bo.getByRole("button", { name: "Keep this order" }).click();
  await bo.getByText("weeks begin on a Monday").waitFor();
  assert.equal(await bo.getByLabel("Place of Ana Ruiz").inputValue(), "3");
  await bo.getByLabel("The Monday of the first week").fill("2026-11-23");
  await bo.getByRole("button", { name: "Keep this order" }).click();
  await bo.getByText("Done.").waitFor();
  const his = bo.locator("details", { hasText: "Bo Lind" });
  await his.locator("summary").click();
  await his.getByLabel("First day").fill("2026-11-01");
  await his.getByLabel("Last day").fill("2036-12-31");
  await his.getByRole("button", { name: "Add it" }).click();
  await bo.getByText("Done.").waitFor();
  await ana.goto(`/admin/rota/${project}`);
  await look(ana, "admin-rota");
  void [person, planner];

  // What lets people in: a token with an owner and an end, and sessions that an operator ends.
  const ends = new Date(Date.now() + 5 * 86400000).toISOString();
  await api(ana, "POST", "/tokens", { name: "nightly export", scopes: ["read", "directory"], ends });
  assert.equal((await ana.goto("/admin/access")).status(), 404);
  await olga.goto("/admin/access");
  await olga.getByRole("rowheader", { name: "nightly export" }).waitFor();
  await look(olga, "admin-access");
  await olga.getByRole("button", { name: "End the token nightly export of Ana Ruiz" }).click();
  await olga.getByText("There is no token").waitFor();
  await olga.getByRole("button", { name: "End this session of Ned None" }).click();
  await olga.getByText("Done.").waitFor();
  await nobody.goto("/inbox");
  await nobody.waitForURL(/\/sign-in/);

  // Webhooks: the secret is shown once, a reason is asked for.
  await ana.goto("/admin/webhooks");
  await look(ana, "admin-webhooks-empty");
  await ana.getByLabel("Address").fill("https://hooks.example.org/fixlead");
  await ana.getByRole("button", { name: "Add it" }).click();
  await ana.getByText("name at least one of").waitFor();
  assert.equal(await ana.getByLabel("Address").inputValue(), "https://hooks.example.org/fixlead");
  await ana.getByLabel("report.received").check();
  await ana.getByLabel("duty.overdue").check();
  await ana.getByRole("button", { name: "Add it" }).click();
  assert.match(await ana.locator("#secret").textContent(), /^whsec_/);
  await look(ana, "admin-secret");
  await ana.getByRole("link", { name: "To the webhook" }).click();
  await ana.getByRole("button", { name: "Send a test" }).click();
  await ana.getByText("Done.").waitFor();
  await ana.getByText("Pause it").first().click();
  await ana.getByLabel("Because").first().fill("they are moving");
  await ana.getByRole("button", { name: "Pause it" }).click();
  await ana.getByText("Done.").waitFor();
  await look(ana, "admin-webhook");
  await ana.goto("/admin/webhooks");
  await look(ana, "admin-webhooks");

  // CVE Services: an operator enters who asks; the key is never shown again, and goes to no other address.
  await olga.goto("/admin/cna");
  await olga.getByLabel("Organisation").fill("example");
  await olga.getByLabel("User", { exact: true }).fill("ana@example.org");
  await olga.getByLabel("Key of the user").fill("canary-key-of-ana");
  await olga.getByLabel("Address").fill("http://10.0.0.1/api");
  await olga.getByRole("button", { name: "Keep it" }).click();
  await olga.getByText("begins with https://").waitFor();
  assert.ok(!(await olga.content()).includes("canary-key"), "a key is shown to nobody");
  await olga.getByLabel("Key of the user").fill("canary-key-of-ana");
  await olga.getByLabel("Address").fill("https://cve.example.org/api");
  await olga.getByRole("button", { name: "Keep it" }).click();
  await olga.getByText("Done.").waitFor();
  await olga.getByRole("cell", { name: "ana@example.org" }).waitFor();
  assert.ok(!(await olga.content()).includes("canary-key"));
  await look(olga, "admin-cna");
  assert.equal((await ana.goto("/admin/cna")).status(), 404);

  // What the project published before: files are looked through first, and come in all or none.
  await ana.goto(`/admin/projects/${project}`);
  await ana.getByRole("link", { name: "Take advisories in" }).click();
  const osv = (id, fixed, published = "2024-02-01T00:00:00Z") => ({
    name: `${id}.json`,
    mimeType: "application/json",
    buffer: Buffer.from(JSON.stringify({
      schema_version: "1.7.0", id, modified: published, published, summary: "It stops.", details: "It stops on stripes.",
      affected: [{ package: { ecosystem: "npm", name: "tool" }, ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed }] }] }],
      references: [{ type: "FIX", url: "https://example.org/fix" }],
    })),
  });
  await ana.getByLabel("Documents").setInputFiles([osv("GHSA-c74f-6mfw-mm4v", "1.2.0"), osv("GHSA-c74f-6mfw-mm4w", "1.3.0"), { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("hello") }]);
  await ana.getByRole("button", { name: "Look through them" }).click();
  await ana.getByText("this is neither a GHSA, OSV, CVE or CSAF document nor a CASE.toml").waitFor();
  assert.equal(await ana.getByText("It cannot come in like this.").count(), 2);
  await look(ana, "admin-import");
  for (const source of await ana.locator("textarea").all()) {
    await source.fill((await source.inputValue()).replace("Unknown publisher", "Example").replace(/namespace = ".*"/, 'namespace = "https://example.org"'));
  }
  await ana.getByRole("button", { name: "Look again" }).click();
  await ana.getByText("GHSA-c74f-6mfw-mm4w", { exact: true }).waitFor();
  await ana.getByRole("button", { name: "Make them public" }).click();
  await ana.getByText("Done.").waitFor();

  // One of yesterday waits until another responder has read it; whoever proposed it does not confirm it.
  const yesterday = new Date(Date.now() - 864e5).toISOString().slice(0, 19) + "Z";
  await ana.goto(`/admin/projects/${project}/import`);
  await ana.getByText("Send documents").or(ana.getByLabel("Documents")).first().waitFor();
  await ana.getByLabel("Documents").setInputFiles([osv("GHSA-c74f-6mfw-mm4x", "1.4.0", yesterday)]);
  await ana.getByRole("button", { name: "Look through them" }).click();
  for (const source of await ana.locator("textarea").all()) {
    await source.fill((await source.inputValue()).replace("Unknown publisher", "Example").replace(/namespace = ".*"/, 'namespace = "https://example.org"'));
  }
  await ana.getByRole("button", { name: "Look again" }).click();
  await ana.getByText("a second person", { exact: true }).waitFor();
  await look(ana, "admin-import-recent");
  await ana.getByRole("button", { name: "Ask for a second person" }).click();
  await ana.getByText("You proposed them.").waitFor();
  assert.equal(await ana.getByRole("button", { name: "Make them public" }).count(), 0);
  await look(ana, "admin-import-own");
  await bo.goto("/admin");
  await bo.getByText("Confirm: 1 advisory taken in for Collector", { exact: true }).waitFor();
  await bo.getByRole("link", { name: /^Read and decide/ }).click();
  await bo.getByText("It stops.").waitFor();
  await ana.goto(`/admin/projects/${project}/import`);
  await ana.getByRole("heading", { name: /^Wait for a second person/ }).waitFor();
  await look(ana, "admin-import-list");
  const read = await bo.getByRole("link", { name: /^Read it/ }).getAttribute("href");
  assert.match(await (await bo.context().request.get(desk.url + read)).text(), /title = "It stops\."/);
  // He has no JavaScript, which axe needs: the same session where there is some.
  const scripted = await person();
  await scripted.context().addCookies(await bo.context().cookies());
  await scripted.goto(bo.url());
  await scripted.getByText("It stops.").waitFor();
  await look(scripted, "admin-import-waits");
  await bo.getByRole("button", { name: "Make them public" }).click();
  await bo.getByText("Done.").waitFor();
  await ana.goto(`/admin/projects/${project}/import`);
  assert.equal(await ana.getByText("Wait for a second person").count(), 0);

  // The log: a report comes in and is read; the auditor sees who and what, the operator that something is there.
  const gus = await person({ javaScriptEnabled: false });
  await gus.goto(`/projects/${project}/report`);
  await gus.getByLabel("In one line").fill("Header parser reads past the end");
  await gus.getByLabel("What is wrong").fill("It reads on.");
  await gus.getByRole("button", { name: "Send the report" }).click();
  await gus.getByRole("heading", { name: "Your report was received" }).waitFor();
  await ana.goto("/inbox");
  await ana.getByRole("link", { name: "Header parser reads past the end" }).first().click();
  await ana.getByRole("heading", { name: "Header parser reads past the end" }).waitFor();
  await ria.goto("/admin/audit");
  await ria.getByText("read.recorded").first().waitFor();
  assert.equal(await ria.getByText("Header parser").count(), 0, "an auditor sees no content");
  await look(ria, "admin-audit");
  await ria.getByRole("button", { name: "Check all of it now" }).click();
  await ria.getByText(/Everything is as it was written|being checked/).waitFor();
  await ria.waitForTimeout(1500);
  await ria.goto("/admin/audit?what=read.recorded");
  await ria.getByText("Everything is as it was written").waitFor();
  await look(ria, "admin-audit-reads");
  await olga.goto("/admin/audit?what=advisories.");
  await olga.getByText("confirmed that advisories published elsewhere become public here").waitFor();
  await look(olga, "admin-audit-imports");
  await olga.goto("/admin/audit?what=cna.");
  await olga.getByText("entered the key of a CNA at CVE Services").waitFor();
  await olga.goto("/admin/audit");
  await olga.getByText("an entry that is not yours to check").first().waitFor();
  assert.equal(await olga.getByText("read.recorded").count(), 0);
  assert.equal((await ana.goto("/admin/audit")).status(), 404);
  await olga.goto("/admin/installation");
  await olga.getByText("retention.closed-cases", { exact: true }).waitFor();
  await look(olga, "admin-installation");
  await ana.goto("/admin/retention");
  await look(ana, "admin-retention");

  // Many projects in numbers, and instants in one's own zone, without JavaScript.
  await bo.goto("/admin/overview");
  await bo.getByRole("row", { name: /Collector/ }).getByRole("cell").first().getByText("1").waitFor();
  await ana.goto("/admin/overview");
  await look(ana, "admin-overview");
  assert.equal((await olga.goto("/admin/overview")).status(), 404, "an operator lists no case");
  await bo.goto("/preferences");
  await bo.getByLabel("Your time zone").fill("Middle/Earth");
  await bo.getByRole("button", { name: "Keep it" }).click();
  await bo.getByText("no zone has this name").waitFor();
  await bo.getByLabel("Your time zone").fill("Asia/Tokyo");
  await bo.getByRole("button", { name: "Keep it" }).click();
  await bo.getByText("Instants are shown in Asia/Tokyo").waitFor();
  await ana.goto("/preferences");
  await look(ana, "preferences");
  await bo.goto("/admin/webhooks");
  await bo.getByRole("link", { name: "https://hooks.example.org/fixlead" }).click();
  await bo.getByText(/UTC · \w{3} \d\d:\d\d JST/).first().waitFor();

  for (const page of [olga, ana, bo, nobody]) assert.deepEqual(page.wrong, []);
}
