// A fix in its private repository: what the team reads and agrees to, where it still
// has to go, and what git and a hostile commit bring to the page.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { show } from "../desk.mjs";

/** A demonstration: its case in the middle of a fix has two commits. */
export const start = show;

export default async function ({ desk, look, person }) {
  const ana = await person();
  await ana.goto(desk.links.find((link) => link.endsWith("/fix-lead")));
  await ana.getByText("What to try").click();
  await ana.getByRole("link", { name: "Its fix: two commits" }).click();
  await ana.getByRole("heading", { name: "The fix", exact: true }).waitFor();
  const at = new URL(ana.url()).pathname;
  const plain = await person({ javaScriptEnabled: false, storageState: { cookies: await ana.context().cookies(), origins: [] } });
  const commits = (page) => page.locator(".commits > li");

  // Two commits, one of which somebody has agreed to.
  assert.equal(await commits(ana).count(), 2);
  await commits(ana).nth(0).getByText("LGTM Fay Ito").waitFor();
  // The files name people by their logins, and who owns nothing of it agrees in vain.
  await commits(ana).nth(0).getByText("LGTM Bo Lind does not count: no owner of a path that it changes.").waitFor();
  await commits(ana).nth(0).getByText("Which LGTM counts for which path").click();
  const row = (page, path) => commits(page).nth(0).getByRole("row").filter({ hasText: path });
  assert.match(await row(ana, "receiver/baggage.go").innerText(), /Fay Ito\s+Eli Marsh, Fay Ito\s+eli Eli Marsh, fay Fay Ito, hal Hal Osei/);
  const owner = (name) => ana.locator(".owners li").filter({ has: ana.getByText(name, { exact: true }) });
  await owner("eli").first().getByText("Eli Marsh, reaches the case").waitFor();
  await owner("hal").first().getByText("Hal Osei, member here").waitFor();
  await owner("hal").first().getByRole("button", { name: "Invite hal to the Fix Team" }).waitFor();
  await commits(ana).nth(1).getByText("Nobody has agreed").waitFor();
  await commits(ana).nth(1).getByText("What it changes").click();
  await commits(ana).nth(1).getByText("+		if len(all)+len(entries) > receiver.MostEntries {").waitFor();
  await ana.getByText("receiver/OWNERS:2").waitFor();
  await look(ana, "fix");

  // Agreed to by a click, without JavaScript too; and carried to the release line.
  await plain.goto(at);
  await commits(plain).nth(1).getByRole("button", { name: /^LGTM: I have read/ }).click();
  await plain.getByText("Recorded.").waitFor();
  await commits(plain).nth(1).getByText("LGTM Ana Ruiz does not count").waitFor();
  const branch = (page, name) => page.locator(`tr[data-branch="${name}"]`).first();
  await branch(plain, "release-1.7").getByText("missing-prerequisite").first().waitFor();
  await branch(plain, "release-1.8").getByRole("button", { name: "Make fix/release-1.8" }).click();
  await plain.getByText("Recorded.").waitFor();
  assert.equal(await commits(plain).count(), 4);
  await ana.goto(at);
  await branch(ana, "release-1.7").locator("summary").first().click();
  await commits(ana).nth(0).getByText("Which LGTM counts for which path").click();
  await look(ana, "fix-carried");

  // Where it came from, without JavaScript too; taken over by a click, and kept.
  await ana.getByRole("link", { name: "Where it came from, and what has it" }).click();
  await ana.getByRole("heading", { name: "What may have brought it in" }).waitFor();
  await look(ana, "fix-origin");
  await plain.goto(`${at}/origin`);
  await plain.getByLabel("Brought in by").fill("0");
  await plain.getByRole("button", { name: "Find out" }).click();
  await plain.locator('li[data-branch="release-1.7"]').getByText("affected").waitFor();
  await plain.getByRole("button", { name: "Keep what was found in the team's room" }).click();
  await plain.getByText("Recorded.").waitFor();
  await ana.goto(at);

  // git itself, with a token, and a commit that wants to be more than text.
  await ana.goto("/account/tokens");
  await ana.getByLabel("What to call it").fill("git");
  await ana.locator('input[name="scope"]').evaluateAll((boxes) => boxes.forEach((box) => (box.checked = box.value === "fix")));
  await ana.getByRole("button", { name: "Make it" }).click();
  const token = await ana.locator("#token").textContent();
  const home = mkdtempSync(join(tmpdir(), "fixlead-journey-"));
  const helper = "credential.helper=!f() { echo username=ana; echo password=$FIXLEAD_JOURNEY_TOKEN; }; f";
  const git = (...words) => {
    const set = ["-c", helper, "-c", "user.name=<script>alert(1)</script>", "-c", "user.email=x@example.org"];
    const env = { PATH: process.env.PATH, HOME: home, GIT_TERMINAL_PROMPT: "0", FIXLEAD_JOURNEY_TOKEN: token };
    return execFileSync("git", [...set, ...words], { cwd: home, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  };
  try {
    git("clone", "-q", "--branch", "fix/main", `${desk.url}${at}.git`, "clone");
    writeFileSync(join(home, "clone", "x.html"), "<img src=x onerror=alert(1)>\n\u202e turned \u200b hidden\n");
    git("-C", "clone", "add", "--all");
    git("-C", "clone", "commit", "-qm", "</pre><script>alert(2)</script>\n\n<svg onload=alert(3)>");
    git("-C", "clone", "push", "-q", "origin", "HEAD:refs/heads/fix/main");
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  await ana.goto(at);
  await commits(ana).nth(2).getByText("What it changes").click();
  await commits(ana).nth(2).getByText("[U+202E] turned [U+200B] hidden").waitFor();
  assert.equal(await ana.locator("main script, main img, main svg").count(), 0);
  assert.equal(await commits(ana).nth(2).getByRole("button", { name: /^LGTM/ }).count(), 0, "she brought it herself");
  await look(ana, "fix-hostile");
  for (const page of [ana, plain]) assert.deepEqual(page.wrong, []);
}
