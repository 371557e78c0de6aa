// What people do in a browser, end to end: a real desk, Debian's Chromium.
//
//   node journeys.mjs BINARY [DIRECTORY FOR SCREENSHOTS]
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { api, start, totp } from "./desk.mjs";

const [binary, shots] = process.argv.slice(2);
if (shots) mkdirSync(shots, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PASSWORD = "eleven quiet herons at dusk";
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const desk = await start(binary);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
let checked = 0;

/** Takes pictures of a page and has axe look at it. */
async function look(page, name, sizes = [["wide", 1360, 900], ["narrow", 390, 844]]) {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const [word, width, height] of sizes) {
      await page.setViewportSize({ width, height });
      if (shots) await page.screenshot({ path: join(shots, `${name}-${word}-${scheme}.png`), fullPage: true });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(overflow <= 1, `${name} is ${overflow} px wider than a ${word} window`);
    }
    // The page forbids scripts of others, so axe runs beside it.
    await page.evaluate(axe + ";void 0");
    const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    const words = found.violations.map((v) => `${v.id}: ${v.help} ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
    assert.deepEqual(words, [], `axe on ${name} (${scheme})`);
    checked += 1;
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1360, height: 900 });
}

async function person(options = {}) {
  const context = await browser.newContext({ baseURL: desk.url, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (line) => line.type() === "error" && !line.text().includes("status of 4") && wrong.push(line.text()));
  return Object.assign(page, { wrong });
}

/** Sets an account up by its link, and signs in. */
async function enrol(link, login, { script = true, pictures } = {}) {
  const page = await person({ javaScriptEnabled: script });
  await page.goto(link);
  if (!script) {
    await page.getByLabel("The link that you were given").fill(link);
    await page.getByRole("button", { name: "Go on" }).click();
  }
  await page.getByLabel("The name to sign in with").waitFor();
  if (script) assert.ok(!page.url().includes("fixlead_link"), "the secret does not stay in the address: " + page.url());
  const secret = await page.locator("code.secret").textContent();
  await page.getByLabel("The name to sign in with").fill(login);
  await page.getByLabel("A password").fill(PASSWORD);
  await page.getByLabel("The same password again").fill(PASSWORD);
  await page.getByLabel("The six digits that it shows now").fill("000000");
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByText("this is not the code").waitFor();
  if (pictures) await look(page, "enrol-wrong");
  await page.getByLabel("A password").fill(PASSWORD);
  await page.getByLabel("The same password again").fill(PASSWORD);
  // A code of the step before is right too, and leaves the next for signing in.
  await page.getByLabel("The six digits that it shows now").fill(totp(secret, Date.now() - 30000));
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("heading", { name: "Keep these recovery codes" }).waitFor();
  if (pictures) await look(page, "recovery-codes");
  await page.getByRole("link", { name: "I have them; sign in" }).click();
  if (pictures) await look(page, "sign-in");
  await page.getByLabel("Name").fill(login);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByLabel("Code of your authenticator").fill(totp(secret));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/inbox");
  return page;
}

async function main() {
  // The operator comes in by the link of the first start and makes a project.
  const olga = await enrol(desk.link, "olga@example.org", { pictures: true });
  await look(olga, "inbox-empty");
  const organisation = (await api(olga, "POST", "/organisations", { name: "Example Foundation" })).body.organisation;
  const project = (await api(olga, "POST", "/projects", { organisation, name: "Collector", policy: "opentelemetry" })).body.project;
  await enrol(`${desk.url}/invitation#${(await api(olga, "POST", "/invitations", { name: "Eve Nobody" })).body.link}`, "eve@example.org");
  const people = {};
  let second;
  const members = [];
  for (const name of ["Ana Ruiz", "Bo Lind"]) {
    const invited = (await api(olga, "POST", "/invitations", { name })).body;
    const page = await enrol(invited.link.startsWith("http") ? invited.link : `${desk.url}/invitation#${invited.link}`, `${name.split(" ")[0].toLowerCase()}@example.org`, { script: name !== "Bo Lind" });
    people[name] = page;
    members.push(invited.person);
    const grant = { person: invited.person, role: "responder", reach: { project }, reason: "on the security team" };
    const offer = (await api(olga, "POST", "/roles", grant)).body.offer;
    if (second) await api(second, "POST", `/offers/${offer}/confirm`, {});
    second ??= page;
  }
  const ana = people["Ana Ruiz"];
  const stands = async () => ({ "if-match": (await api(ana, "GET", "/directory")).etag });
  await api(ana, "POST", `/projects/${project}/rota`, { people: members }, await stands());
  await api(ana, "POST", `/projects/${project}/facts`, { facts: { branches: [{ name: "main", class: "development" }, { name: "release-1", class: "supported" }] } }, await stands());

  // A reporter without an account and without JavaScript.
  const gus = await person({ javaScriptEnabled: false });
  await gus.goto("/");
  await gus.getByRole("link", { name: "Collector" }).click();
  await gus.getByLabel("In one line").fill("Header parser reads past the end <b>of</b> a frame");
  await gus.getByLabel("What is wrong").fill("A frame of 16 385 bytes makes the parser read on.\n\n1. Start the collector\n2. `nc localhost 4317 < frame`\n\n[more](javascript:alert(1)) <img src=x onerror=alert(2)>");
  await gus.getByLabel("Which versions").fill("1.4.0 and later");
  await gus.getByLabel("The name to thank").fill("Gus P.");
  await gus.getByLabel("Files").setInputFiles([{ name: "frame.bin", mimeType: "application/octet-stream", buffer: Buffer.from("frame") }]);
  await gus.getByRole("button", { name: "Send the report" }).click();
  await gus.getByRole("heading", { name: "Your report was received" }).waitFor();
  const receipt = await gus.locator("#receipt").textContent();
  assert.match(receipt, /^fixlead_receipt_/);
  await gus.getByRole("button", { name: "See where it stands" }).click();
  await gus.waitForURL("**/status");
  await gus.getByLabel("Write to the team").fill("It also happens over HTTP.");
  await gus.getByRole("button", { name: "Send" }).click();
  await gus.getByText("It also happens over HTTP.").waitFor();
  assert.equal(await gus.getByText("frame.bin").count(), 1);

  // The same pages as everybody sees them.
  const anybody = await person();
  await anybody.goto("/");
  await look(anybody, "front");
  await anybody.goto(`/projects/${project}/report`);
  await look(anybody, "report");
  await anybody.goto("/status");
  await look(anybody, "status-enter");
  await anybody.getByLabel("The receipt").fill(receipt);
  await anybody.getByRole("button", { name: "See where it stands" }).click();
  await look(anybody, "status");
  await anybody.goto("/nothing-here");

  // A responder finds it by keyboard, reads it, answers, leads.
  await ana.goto("/inbox");
  await look(ana, "inbox");
  await ana.keyboard.press("j");
  await ana.keyboard.press("Enter");
  await ana.waitForURL("**/cases/*");
  const at = new URL(ana.url()).pathname;
  assert.equal(await ana.locator("img").count(), 0, "nothing that a reporter writes becomes an image");
  await look(ana, "case-new");
  assert.equal(await ana.getByText("Eve Nobody").count(), 0, "who is nobody in the project is named to nobody in it");
  await ana.getByRole("link", { name: "Record: report acknowledged" }).first().click();
  await look(ana, "record");
  await ana.getByRole("button", { name: "Record it" }).click();
  await ana.getByText("Recorded.").waitFor();
  await ana.getByRole("button", { name: "I lead this" }).click();
  await ana.getByText("(you)").waitFor();
  assert.deepEqual(await ana.locator("#give option").allTextContents(), ["", "Ana Ruiz", "Bo Lind"], "whom a lead of the project may ask in");
  await ana.getByRole("link", { name: /^Reporter/ }).click();
  await ana.getByLabel("Write in the room Reporter").fill("Thank you; we can see it here.");
  await ana.getByRole("button", { name: "Send to Reporter" }).click();
  await ana.getByText("Thank you; we can see it here.").waitFor();
  await gus.goto("/status");
  await gus.getByText("Thank you; we can see it here.").waitFor();

  // What the policy holds is said with its clause, before anything is done.
  await ana.goto(`${at}/record/released`);
  await ana.getByRole("button", { name: "Record it" }).click();
  await ana.getByText("The policy holds this").waitFor();
  await look(ana, "record-held");
  await ana.goto(`${at}/record/triage.decided`);
  await ana.getByLabel("disposition").selectOption("valid");
  await ana.getByRole("button", { name: "Record it" }).click();
  await ana.goto(`${at}/record/affected.set`);
  await ana.getByLabel("release-1").check();
  await ana.getByRole("button", { name: "Record it" }).click();
  await ana.goto(`${at}/record/score.set`);
  await ana.getByLabel("vector").fill("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H");
  await ana.getByRole("button", { name: "Record it" }).click();
  await ana.getByText("Recorded.").waitFor();
  await look(ana, "case");
  await ana.goto(`${at}/who-knew`);
  await look(ana, "who-knew");

  // Who may not know gets the page of what does not exist.
  const refused = await olga.goto(at);
  assert.equal(refused.status(), 404);
  await look(olga, "not-found");

  for (const page of [olga, ana, anybody]) assert.deepEqual(page.wrong, []);
  assert.ok(!desk.log().includes("Header parser"), "no content in the log");
}

try {
  await main();
  console.log(`journeys: all of them; axe looked at ${checked} pages`);
} catch (error) {
  for (const context of browser.contexts()) for (const page of context.pages()) console.error(page.url(), (await page.locator("main").innerText().catch(() => "")).slice(0, 600));
  throw error;
} finally {
  await browser.close();
  await desk.stop();
}
