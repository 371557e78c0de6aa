// What every journey stands on: a desk of its own, Debian's Chromium, people.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { api, start, totp } from "./desk.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
export const PASSWORD = "eleven quiet herons at dusk";

/** A browser for all journeys. */
export function launch() {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
}

/** Everything a journey needs; `looks` counts what axe has seen. */
export async function prepare(browser, binary, shots, begin = start) {
  const desk = await begin(binary);
  let looks = 0;
  // What no page may ever do: ask another host, or come without its rules.
  const strays = [];

  /** Takes pictures of a page, weighs it, and has axe look at it. */
  async function look(page, name, sizes = [["wide", 1360, 900], ["narrow", 390, 844]], written = 0) {
    for (const scheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const [word, width, height] of sizes) {
        await page.setViewportSize({ width, height });
        if (shots) await page.screenshot({ path: join(shots, `${name}-${word}-${scheme}.png`), fullPage: true });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(overflow <= 1, `${name} is ${overflow} px wider than a ${word} window`);
      }
      // All that a page loads, before it is compressed.
      const weight = await page.evaluate(() => performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource").filter((entry) => entry.initiatorType !== "fetch")).reduce((sum, entry) => sum + entry.decodedBodySize, 0));
      assert.ok(weight - written <= 100000, `${name} weighs ${weight} bytes, of which people wrote ${written}`);
      // The page forbids scripts of others, so axe runs beside it.
      await page.evaluate(axe + ";void 0");
      const found = await page.evaluate(() => (window.looking = axe.run(document, { resultTypes: ["violations"] })));
      const words = found.violations.map((v) => `${v.id}: ${v.help} ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
      assert.deepEqual(words, [], `axe on ${name} (${scheme})`);
      looks += 1;
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1360, height: 900 });
  }

  async function person(options = {}) {
    const context = await browser.newContext({ baseURL: desk.url, reducedMotion: "reduce", ...options });
    const page = await context.newPage();
    const wrong = [];
    page.on("request", (request) => request.url().startsWith(desk.url + "/") || strays.push("asked " + request.url()));
    page.on("response", (response) => {
      const rules = response.headers()["content-security-policy"] ?? "";
      if (!rules.includes("default-src 'none'")) strays.push(`without rules: ${response.status()} ${response.url()}`);
    });
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
    // Some of a step has to be left, or the one before is two behind when it arrives.
    if (Date.now() % 30000 > 15000) await page.waitForTimeout(30000 - (Date.now() % 30000));
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

  /** An operator, a project under a policy, two responders on its rota. */
  async function team({ policy = "opentelemetry", pictures = false } = {}) {
    // The operator comes in by the link of the first start and makes a project.
    const olga = await enrol(desk.link, "olga@example.org", { pictures });
    if (pictures) await look(olga, "inbox-empty");
    const organisation = (await api(olga, "POST", "/organisations", { name: "Example Foundation" })).body.organisation;
    const project = (await api(olga, "POST", "/projects", { organisation, name: "Collector", policy })).body.project;
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
    return { olga, ana, bo: people["Bo Lind"], members, organisation, project };
  }

  return { desk, browser, api, look, person, enrol, team, looks: () => looks, strays };
}
