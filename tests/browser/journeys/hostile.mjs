// Everything that strangers and colleagues can write, written to do harm, and
// looked at on every page in a real browser: nothing of it runs, nothing of it
// turns text around or calls out.
import assert from "node:assert/strict";

const XSS = [
  "<script>window.hurt=1</script>",
  "<img src=x onerror=window.hurt=2>",
  "<svg/onload=window.hurt=3>",
  "\"'><iframe srcdoc=\"<script>parent.hurt=4</script>\">",
  "<a href=\"javascript:window.hurt=5\">x</a>",
  "[x](javascript:window.hurt=6) [y](data:text/html,<script>parent.hurt=7</script>) ![z](http://evil.example/pixel)",
  "<style>*{display:none}</style><base href=http://evil.example/><meta http-equiv=refresh content=0;url=http://evil.example>",
  "<form action=http://evil.example><button>sign in</button></form><math><mi//xlink:href=\"data:x,<script>window.hurt=8</script>\">",
  "{{7*7}}${7*7}<%=7*7%>#{7*7}",
  "autolink http://evil.example/<b> <http://evil.example/x>",
].join("\n\n");
const TURNED = "\u202egnp.exe\u202c \u2066x\u2069 \u200e \u0007 \u001b[31m \ufeff";
const FORMULA = "=HYPERLINK(\"http://evil.example\",\"x\")";
const SVG = Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' onload='window.hurt=9'><script>window.hurt=10;alert(1)</script></svg>");
const HTML = Buffer.from("<script>window.hurt=11</script>");
const NAMES = ["<img src=x onerror=window.hurt=12>.svg", "invoice\u202egnp.html", "=cmd|' /C calc'!A0.csv", "..\\..\\x.html"];

export default async function ({ desk, api, person, enrol, team }) {
  const { olga, ana, project } = await team();
  const outside = [];
  const said = [];
  const watch = (page) => {
    page.on("request", (request) => request.url().startsWith(desk.url) || request.url().startsWith("data:image/svg") || outside.push(request.url()));
    page.on("dialog", (dialog) => (said.push(dialog.message()), dialog.dismiss()));
    return page;
  };
  const unhurt = async (page, where) => {
    assert.equal(await page.evaluate(() => window.hurt), undefined, `nothing runs on ${where}`);
    const text = await page.evaluate(() => document.documentElement.outerHTML);
    assert.ok(!/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u0000-\u0008\u001b]/.test(text), `what turns text around is shown on ${where}: ${JSON.stringify(text.match(/.{40}[\u202a-\u202e\u2066-\u2069\u200e\u200f\u0000-\u0008\u001b]/s)?.[0])}`);
    const bad = await page.evaluate(() => document.querySelectorAll("main script, main iframe, main img, main object, main embed, main base, main meta, main style, main [onload], main [onerror], main a[href^='javascript:' i], main a[href^='data:' i], main form[action^='http' i]").length);
    assert.equal(bad, 0, `no element of theirs on ${where}`);
  };

  // From outside: every field of the form, and names and kinds of files.
  const gus = watch(await person());
  await gus.goto(`/projects/${project}/report`);
  for (const field of await gus.locator("form.sheet input[type=text], form.sheet input:not([type]):not([name=link]), form.sheet textarea").all()) {
    if (await field.isVisible()) await field.fill(((await field.evaluate((e) => e.tagName)) === "TEXTAREA" ? `${XSS}\n\n${TURNED.replace(/[\u0007\u001b]/g, "")}\n\n${FORMULA}` : `${FORMULA} ${XSS.split("\n")[2]} \u202eTITLE`).slice(0, 1900)).catch(() => {});
  }
  await gus.getByLabel("Files").setInputFiles(NAMES.map((name) => ({ name, mimeType: "image/svg+xml", buffer: name.endsWith(".svg") ? SVG : HTML })));
  await gus.getByRole("button", { name: "Send the report" }).click();
  await gus.waitForLoadState();
  if (!(await gus.getByRole("heading", { name: "Your report was received" }).count())) {
    // A line that turns text around is refused where a line stands: then without.
    for (const field of await gus.locator("form.sheet input[type=text], form.sheet input:not([type]):not([name=link])").all()) if (await field.isVisible()) await field.fill(`${FORMULA} ${XSS.split("\n")[2]}`);
    await gus.getByLabel("What is wrong").fill(`${XSS}\n\n${FORMULA}`);
    await gus.getByLabel("Files").setInputFiles(NAMES.filter((name) => !name.includes("\u202e")).map((name) => ({ name, mimeType: "image/svg+xml", buffer: SVG })));
    await gus.getByRole("button", { name: "Send the report" }).click();
  }
  await gus.getByRole("heading", { name: "Your report was received" }).waitFor();
  await unhurt(gus, "the page of the receipt");
  await gus.getByRole("button", { name: "See where it stands" }).click();
  await gus.waitForURL("**/status");
  await unhurt(gus, "the reporter's page");

  // Inside: the inbox, the case with its files, its record and its log; what colleagues write too.
  watch(ana);
  await ana.goto("/inbox");
  await unhurt(ana, "the inbox");
  const address = await ana.locator("td.title a").first().getAttribute("href");
  const kase = address.split("/").pop();
  for (const room of ["internal", "reporter"]) await api(ana, "POST", `/cases/${kase}/messages`, { room, body: `${XSS}\n\n${FORMULA}` });
  await api(ana, "POST", `/cases/${kase}/notes`, { text: XSS });
  for (const path of ["", "?room=reporter", "?room=internal", "/who-knew", "/record/score.set", "/record/override", "/record/case.closed"]) {
    await ana.goto(address + path);
    await unhurt(ana, address + path);
  }

  // A file is never shown by the browser: it is given as bytes to keep.
  await ana.goto(address + "?room=reporter");
  const files = await ana.locator("a[href*='/files/']").evaluateAll((links) => [...new Set(links.map((link) => link.getAttribute("href")))]);
  assert.ok(files.length >= 2, "there are files");
  for (const file of files) {
    const answer = await ana.request.get(desk.url + file);
    const headers = answer.headers();
    assert.equal(answer.status(), 200);
    assert.equal(headers["content-type"], "application/octet-stream");
    assert.match(headers["content-disposition"], /^attachment/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.match(headers["content-security-policy"], /default-src 'none'/);
    assert.ok(!/[\u202e\r\n]/.test(headers["content-disposition"]));
  }

  // What people call themselves, their passkeys, their tokens; and what is asked for in addresses.
  const invited = (await api(olga, "POST", "/invitations", { name: "<img src=x onerror=window.hurt=13>" })).body;
  const eve = watch(await enrol(invited.link.startsWith("http") ? invited.link : `${desk.url}/invitation#${invited.link}`, "eve<svg/onload=window.hurt=14>@example.org"));
  await eve.goto("/account/tokens");
  await eve.getByLabel("What to call it").fill("<img src=x onerror=window.hurt=15> \u202etoken");
  await eve.getByLabel("read cases and their rooms").check();
  await eve.getByRole("button", { name: "Make it" }).click();
  await unhurt(eve, "the page of a new token");
  await eve.goto("/account");
  await unhurt(eve, "the account");
  for (const path of [`/sign-in?to=${encodeURIComponent("javascript:window.hurt=16")}`, `/sign-in?to=${encodeURIComponent("//evil.example/\"><script>window.hurt=17</script>")}`, `/inbox?project=${encodeURIComponent("\"><script>window.hurt=18</script>")}`, "/cases/<script>window.hurt=19</script>", `/account?done=${encodeURIComponent("<script>window.hurt=20</script>")}`]) {
    await eve.goto(path);
    await unhurt(eve, path);
  }
  for (const to of ["javascript:window.hurt=16", "//evil.example/", "https://evil.example/"]) {
    await eve.goto(`/sign-in?to=${encodeURIComponent(to)}`);
    for (const field of await eve.locator("input[name=to]").all()) assert.equal(await field.inputValue(), "/", to);
  }

  assert.deepEqual(outside, [], "no page asks anybody else for anything");
  assert.deepEqual(said, [], "nothing speaks");

  // Negative control: the same look finds what is put there by hand.
  await gus.goto("/");
  await gus.evaluate(() => {
    window.hurt = 1;
    document.querySelector("main").append(document.createElement("iframe"), "\u202e");
  });
  await assert.rejects(() => unhurt(gus, "a page that was altered"));
  await gus.evaluate(() => { delete window.hurt; });
  await assert.rejects(() => unhurt(gus, "a page that was altered"), /turns text around/);
}
