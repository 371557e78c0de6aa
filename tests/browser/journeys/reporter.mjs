// Somebody who found a flaw, with and without JavaScript: the form as the
// project wants it, the receipt, the proof, the page of the report; a pause, a
// flood, an encrypted report, a duplicate, and texts that try to break pages.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const ARABIC = "ثغرة في محلل الرؤوس تسمح بقراءة الذاكرة";
const LONG = "W".repeat(10000);
const PREFIX = "رأس ".repeat(3) + "\u202e\u202d gnp.exe <script>alert(1)</script>";

async function saved(page, name) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name, exact: true }).click()]);
  return readFileSync(await download.path());
}

export default async function ({ desk, api, look, person, team }) {
  const { olga, ana, project } = await team();
  const key = readFileSync(new URL("../team.asc", import.meta.url), "utf8");
  const sealed = readFileSync(new URL("../report.asc", import.meta.url), "utf8");

  // A responder chooses what the form asks, and offers a key.
  await ana.goto(`/projects/${project}/form`);
  await look(ana, "reaching");
  const question = (name) => ana.locator("li", { has: ana.getByRole("checkbox", { name, exact: true }) });
  await ana.getByRole("checkbox", { name: "Which component is it in?" }).check();
  await question("Which component is it in?").locator("summary").click();
  await question("Which component is it in?").getByLabel("A report needs an answer").check();
  await question("Which component is it in?").getByLabel("Place in the form").fill("1");
  await ana.getByRole("button", { name: "Keep the questions" }).click();
  await ana.getByText("the question for the component needs choices").waitFor();
  assert.ok(await ana.getByRole("checkbox", { name: "Which component is it in?" }).isChecked(), "what was chosen is not lost");
  await question("Which component is it in?").getByLabel("Choices").fill("receiver\nparser\nexporter");
  await ana.getByRole("checkbox", { name: "What does an attacker gain?" }).check();
  await ana.getByRole("checkbox", { name: "Your estimate as a CVSS vector" }).check();
  await ana.getByRole("button", { name: "Keep the questions" }).click();
  await ana.getByText("Kept.").waitFor();
  await ana.getByLabel("The public key, in ASCII armor").fill(key.replace("BEGIN PGP PUBLIC", "BEGIN PGP PRIVATE"));
  await ana.getByLabel("Why", { exact: true }).fill("the key of the team");
  await ana.getByRole("button", { name: "Keep the key" }).click();
  await ana.getByText("this holds a secret key").waitFor();
  await ana.getByLabel("The public key, in ASCII armor").fill(key);
  await ana.getByRole("button", { name: "Keep the key" }).click();
  await ana.getByText("Kept.").waitFor();
  await look(ana, "reaching-set");
  assert.equal((await olga.goto("/projects/00000000-0000-4000-8000-000000000000/form")).status(), 404);

  // From the address of all reports to the receipt.
  const gus = await person();
  await gus.goto("/report");
  await look(gus, "report-form");
  await gus.getByLabel("In one line").fill("Header parser reads past the end of a frame");
  await gus.getByLabel("What is wrong").fill("A frame of 16 385 bytes makes the parser read on.");
  await gus.getByLabel("Which versions").fill("1.4.0 and later");
  await gus.getByLabel("Your estimate as a CVSS vector").fill("CVSS:3.1/AV:N");
  await gus.getByLabel("It is public").check();
  await gus.locator("#credit").fill("Gus P.");
  await gus.getByLabel("An address on the web").fill("javascript:alert(1)");
  await gus.getByRole("button", { name: "Send the report" }).click();
  await gus.getByText("1 place needs a change").waitFor();
  await gus.getByLabel("It is public").uncheck();
  await gus.getByRole("button", { name: "Send the report" }).click();
  await gus.getByText("places need a change").waitFor();
  await look(gus, "report-wrong");
  for (const [label, text] of [["In one line", "Header parser reads past the end of a frame"], ["Which versions", "1.4.0 and later"]]) {
    assert.equal(await gus.getByLabel(label).first().inputValue(), text, `${label} is not lost`);
  }
  assert.equal(await gus.locator("#credit").inputValue(), "Gus P.");
  await gus.getByLabel("An address on the web").fill("https://gus.example/");
  await gus.getByRole("button", { name: "Send the report" }).click();
  await gus.getByText("the project needs an answer to this").first().waitFor();
  await gus.getByLabel("Which component").selectOption("parser");
  await gus.getByLabel("Your estimate as a CVSS vector").fill("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N");
  const files = [1, 2, 3].map((n) => ({ name: `frame-${n}.bin`, mimeType: "application/octet-stream", buffer: Buffer.from("frame " + n) }));
  await gus.getByLabel("Files").setInputFiles(files);
  await gus.getByRole("button", { name: "Send the report" }).click();
  await gus.getByRole("heading", { name: "Your report was received" }).waitFor();
  await look(gus, "report-received");
  const receipt = await gus.locator("#receipt").textContent();

  // The proof: what was signed is what was sent.
  const proof = JSON.parse(await saved(gus, "Save the signed timestamp"));
  const report = await saved(gus, "Save the report as it was signed");
  assert.equal(createHash("sha256").update(report).digest("hex"), proof.report, "the timestamp is about this report");
  assert.match(report.toString(), /^Header parser reads past the end of a frame\nA frame of 16 385[^]*\ncomponent: parser\n/);

  // The page of the report, with a clock for everything that was promised.
  await gus.getByRole("button", { name: "See where it stands" }).click();
  await gus.getByText("The security team has your report.").waitFor();
  await look(gus, "follow-new");
  await gus.getByLabel("Write to the team").fill("It also happens over HTTP.");
  await gus.getByLabel("Files").setInputFiles([{ name: "trace.txt", mimeType: "text/plain", buffer: Buffer.from("trace") }]);
  await gus.getByRole("button", { name: "Send", exact: true }).click();
  await gus.getByText("It also happens over HTTP.").waitFor();
  const [file] = await Promise.all([gus.waitForEvent("download"), gus.getByRole("link", { name: "trace.txt" }).click()]);
  assert.equal(readFileSync(await file.path(), "utf8"), "trace");
  await gus.getByText("Change it", { exact: true }).click();
  await gus.getByLabel("An anonymous reporter").check();
  await gus.getByRole("button", { name: "Change the thanks" }).click();
  await gus.getByText("an anonymous reporter is thanked for the report").waitFor();

  // The team sees the answers in their places, and decides.
  await ana.goto("/inbox");
  await ana.getByRole("link", { name: "Header parser" }).first().click();
  const case1 = new URL(ana.url()).pathname;
  await ana.getByText("CVSS, as the reporter estimates").waitFor();
  await ana.getByText("The reporter wants to stay unnamed.").waitFor();
  for (const step of ["report.acknowledged", "triage.decided"]) {
    await ana.goto(`${case1}/record/${step}`);
    if (step === "triage.decided") await ana.getByLabel("disposition").selectOption("valid");
    await ana.getByRole("button", { name: "Record it" }).click();
    await ana.getByText("Recorded.").waitFor();
  }
  await gus.goto("/status");
  await gus.getByText("It is a vulnerability, and the team works on a fix.").waitFor();
  await look(gus, "follow-confirmed");

  // With JavaScript: an encrypted report, which the desk keeps as it is.
  const hal = await person();
  await hal.goto(`/projects/${project}/report`);
  await hal.getByLabel("What is wrong").fill(sealed);
  await hal.getByLabel("Anonymous", { exact: false }).check();
  await hal.getByRole("button", { name: "Send the report" }).click();
  await hal.getByRole("heading", { name: "Your report was received" }).waitFor();
  await ana.goto("/inbox");
  await ana.getByRole("link", { name: "Encrypted report" }).first().click();
  await ana.getByText("Encrypted by the reporter.").waitFor();
  assert.equal(await ana.getByText("It is not encrypted to the key").count(), 0);
  assert.equal((await saved(ana, "Save the encrypted report")).toString(), sealed.trim());
  await look(ana, "case-encrypted");
  assert.equal((await saved(hal, "Save the report as it was signed")).toString(), "Encrypted report\n" + sealed.trim());

  // Somebody reports the same later: they are told since when it is known.
  const ida = await person();
  await ida.goto(`/projects/${project}/report`);
  await ida.getByLabel("In one line").fill("Over-read in the header parser");
  await ida.getByLabel("What is wrong").fill("The same flaw, found apart.");
  await ida.getByLabel("Which component").selectOption("parser");
  await ida.locator("#credit").fill("Ida N.");
  await ida.getByRole("button", { name: "Send the report" }).click();
  await ida.getByRole("button", { name: "See where it stands" }).click();
  await ana.goto("/inbox");
  await ana.getByRole("link", { name: "Over-read" }).first().click();
  const case2 = new URL(ana.url()).pathname;
  const { etag } = await api(ana, "GET", case2);
  await api(ana, "POST", `${case2}/merge`, { into: case1.split("/")[2], reason: "the same flaw" }, { "if-match": etag });
  await ida.goto("/status");
  await ida.getByRole("heading", { name: "Somebody reported this before you" }).waitFor();
  await ida.getByText("You are thanked for it too, as Ida N.").waitFor();
  assert.equal(await ida.getByText("the same flaw", { exact: true }).count(), 0, "what the team says of the other is not theirs");
  await look(ida, "follow-duplicate");

  // Without JavaScript, and what is no vulnerability is said with the reason.
  const jon = await person({ javaScriptEnabled: false });
  await jon.goto("/report");
  await jon.getByLabel("In one line").fill("Your site has no DMARC record");
  await jon.getByLabel("What is wrong").fill("See above.");
  await jon.getByLabel("Nobody; leave the thanks out").check();
  await jon.getByRole("button", { name: "Send the report" }).click();
  await jon.getByText("1 place needs a change").waitFor();
  assert.equal(await jon.getByLabel("In one line").inputValue(), "Your site has no DMARC record");
  assert.ok(await jon.getByLabel("Nobody; leave the thanks out").isChecked());
  await jon.getByLabel("Which component").selectOption("receiver");
  await jon.getByLabel("Files").setInputFiles([{ name: "dns.txt", mimeType: "text/plain", buffer: Buffer.from("dns") }]);
  await jon.getByRole("button", { name: "Send the report" }).click();
  const ticket = await jon.locator("#receipt").textContent();
  await jon.getByRole("button", { name: "See where it stands" }).click();
  assert.equal(await jon.getByRole("link", { name: "dns.txt" }).count(), 1);
  await jon.getByLabel("Write to the team").fill("I can tell you more.");
  await jon.getByRole("button", { name: "Send", exact: true }).click();
  await jon.getByText("I can tell you more.").waitFor();
  await ana.goto("/inbox");
  await ana.getByRole("link", { name: "DMARC" }).first().click();
  const case3 = new URL(ana.url()).pathname;
  await ana.goto(`${case3}/record/triage.decided`);
  await ana.getByLabel("disposition").selectOption("out-of-scope");
  await ana.getByRole("button", { name: "Record it" }).click();
  await ana.getByText("Recorded.").waitFor();
  const version = (await api(ana, "GET", case3)).etag;
  await api(ana, "POST", `${case3}/close`, { reason: "the site is run by others; tell its hosts" }, { "if-match": version });
  await jon.goto("/status");
  await jon.getByRole("heading", { name: "out of scope" }).waitFor();
  await jon.getByText("the site is run by others; tell its hosts").waitFor();
  const shadow = await person();
  await shadow.goto("/status");
  await look(shadow, "status-enter");
  await shadow.getByLabel("The receipt").fill(ticket);
  await shadow.getByRole("button", { name: "See where it stands" }).click();
  await look(shadow, "follow-rejected");

  // Texts that try to break pages, on every page that shows them.
  const kim = await person();
  await kim.goto(`/projects/${project}/report`);
  await kim.getByLabel("In one line").fill(ARABIC);
  await kim.getByLabel("What is wrong").fill(`${ARABIC}\n\n${LONG}\n\n${PREFIX}\n\n\`\`\`\n${LONG}\n\`\`\``);
  await kim.getByLabel("What does an attacker gain?").fill(LONG);
  await kim.locator("#credit").fill("ن".repeat(150));
  await kim.getByRole("button", { name: "Send the report" }).click();
  await kim.getByText("1 place needs a change").waitFor();
  await look(kim, "hostile-form");
  await kim.getByLabel("Which component").selectOption("parser");
  await kim.getByRole("button", { name: "Send the report" }).click();
  await kim.getByRole("button", { name: "See where it stands" }).click();
  await kim.getByRole("heading", { name: ARABIC }).waitFor();
  await kim.getByText("What you reported").click();
  await look(kim, "hostile-status");
  await ana.goto("/inbox");
  await look(ana, "hostile-inbox");
  await ana.getByRole("link", { name: ARABIC }).first().click();
  await look(ana, "hostile-case", undefined, 3 * LONG.length);
  assert.equal(await ana.getByText("⟦U+202E⟧").count() > 0, true, "what turns the reading direction round is shown");

  // A pause says until when and how else; what burns is taken in all the same.
  const until = new Date(Date.now() + 9 * 86400000).toISOString().slice(0, 10);
  await ana.goto(`/projects/${project}/form`);
  await ana.getByLabel("Take reports in again on").fill(until);
  await ana.getByLabel("Why, for everybody to read").fill("The whole team is at a conference");
  await ana.getByLabel("How to reach you when it cannot wait").fill("write to emergency@example.org");
  await ana.getByRole("button", { name: "Pause" }).click();
  await ana.getByText("Kept.").waitFor();
  await gus.goto("/report");
  await look(gus, "report-paused");
  await gus.getByLabel("In one line").fill("Something small");
  await gus.getByLabel("What is wrong").fill("It can wait, and it is typed already.");
  await gus.getByLabel("Which component").selectOption("parser");
  await gus.getByRole("button", { name: "Send the report" }).click();
  await gus.getByRole("heading", { name: "Not taken in for now" }).waitFor();
  await gus.getByText("emergency@example.org").first().waitFor();
  assert.equal(await gus.getByLabel("What is wrong").inputValue(), "It can wait, and it is typed already.");
  await gus.getByLabel("It is being exploited").check();
  await gus.getByLabel("How is that known?").fill("logs of two users");
  await gus.getByRole("button", { name: "Send the report" }).click();
  await gus.getByRole("heading", { name: "Your report was received" }).waitFor();
  await ana.goto(`/projects/${project}/form`);
  await ana.getByRole("button", { name: "Take reports in again" }).click();
  await ana.getByText("Kept.").waitFor();

  // The policy, and somebody who writes too much at once.
  await gus.goto(`/projects/${project}/policy`);
  await look(gus, "policy");
  let full;
  for (let sent = 0; sent < 70 && !full; sent += 1) {
    const answer = await ida.request.post("/status/messages", { form: { once: `flood-of-messages-${sent}`, body: `again ${sent}` }, maxRedirects: 0, headers: { "sec-fetch-site": "same-origin" } });
    if (answer.status() === 429) full = await answer.text();
  }
  assert.match(full, /more came in for this report/);
  assert.match(full, /again \d+<\/textarea>/, "what was typed is not lost");

  await gus.goto("/status");
  await gus.getByRole("button", { name: "Leave" }).click();
  await gus.goto("/status");
  await gus.getByLabel("The receipt").waitFor();
  // Chromium remarks on the answer of the pause, once, and on nothing else.
  assert.deepEqual(gus.wrong.splice(0), ["Failed to load resource: the server responded with a status of 503 (Service Unavailable)"]);
  for (const page of [olga, ana, gus, hal, ida, kim, shadow]) assert.deepEqual(page.wrong, []);
  for (const word of ["Header parser", "DMARC", "emergency@example.org", receipt]) assert.ok(!desk.log().includes(word), "no content in the log");
}
