// A responder on duty decides about reports with the keyboard alone, and another
// one without JavaScript.
import assert from "node:assert/strict";

/** A report from outside; its receipt. */
async function report(stage, project, title, text) {
  const gus = await stage.person({ javaScriptEnabled: false });
  await gus.goto(`/projects/${project}/report`);
  await gus.getByLabel("In one line").fill(title);
  await gus.getByLabel("What is wrong").fill(text);
  await gus.getByLabel("I am, by this name").check();
  await gus.getByLabel(/^Name/).fill("Gus P.");
  await gus.getByRole("button", { name: "Send the report" }).click();
  await gus.getByRole("heading", { name: "Your report was received" }).waitFor();
  await gus.getByRole("button", { name: "See where it stands" }).click();
  await gus.waitForURL("**/status");
  return gus;
}

export default async function (stage) {
  const { look, team } = stage;
  const { ana, bo, project } = await team();
  const parser = "The confighttp receiver inflates a zstd body without a bound.\n\n1. Start the collector\n2. Send `bomb.zst` to port 4318";
  const gus = await report(stage, project, "zstd bomb in confighttp", parser);
  await report(stage, project, "Crash in the confighttp receiver with zstd", "A zstd body that inflates to 40 GiB ends confighttp. Seen on port 4318.");
  await report(stage, project, "Your website has no DMARC record", "Please pay me.");

  // Keyboard only: acknowledge the first, see what is sent, send it.
  await ana.goto("/inbox");
  await look(ana, "inbox-triage");
  await ana.keyboard.press("?");
  await ana.getByRole("heading", { name: "Keys of the inbox" }).waitFor();
  await look(ana, "inbox-keys");
  await ana.keyboard.press("Escape");
  await ana.locator("dialog[open]").waitFor({ state: "detached" });
  await ana.keyboard.press("j");
  const first = await ana.locator("tr.here").getAttribute("data-case");
  await ana.keyboard.press("a");
  await ana.waitForURL(`**/cases/${first}/triage?as=acknowledge&from=inbox`);
  await look(ana, "triage-acknowledge");
  assert.match(await ana.getByLabel("What the reporter is told").inputValue(), /^Hello Gus P\.,/);
  await ana.keyboard.press("e");
  await ana.keyboard.press("Control+End");
  await ana.keyboard.type("\nPS: thank you for the file.");
  await ana.keyboard.press("Control+Enter");
  await ana.waitForURL("**/inbox?did=acknowledge&answered=1");
  await ana.getByText("The report is acknowledged, and the reporter was answered.").waitFor();
  // One key for the menu, one for the decision, one to send it.
  await ana.keyboard.press("t");
  await ana.getByRole("heading", { name: "What is it?" }).waitFor();
  await look(ana, "triage-menu");
  await ana.keyboard.press("v");
  await ana.waitForURL("**/triage?as=valid&from=inbox");
  await ana.keyboard.press("Enter");
  await ana.getByText("Recorded: valid, and the reporter was answered.").waitFor();
  await gus.goto("/status");
  await gus.getByText("PS: thank you for the file.").waitFor();

  // The second report is the same flaw: it stands beside it, with why.
  await ana.goto("/inbox");
  await ana.keyboard.press("j");
  while (!(await ana.locator("tr.here").innerText()).includes("Crash in the confighttp")) await ana.keyboard.press("j");
  const second = await ana.locator("tr.here").getAttribute("data-case");
  await ana.keyboard.press("Enter");
  await ana.waitForURL(`**/cases/${second}`);
  await look(ana, "case-bar");
  await ana.keyboard.press("m");
  await ana.waitForURL("**/relate");
  await look(ana, "relate");
  await ana.goto(`/cases/${second}/triage?as=valid`);
  await ana.getByText("zstd bomb in confighttp").waitFor();
  await look(ana, "triage-alike");
  await ana.getByRole("link", { name: "This is a duplicate of it" }).click();
  await look(ana, "triage-duplicate");
  await ana.getByRole("button", { name: "Record: duplicate" }).press("Enter");
  await ana.waitForURL("**/cases/*?done=1");
  await ana.getByText(`merged into ${first}`).waitFor();

  // Looking for it.
  await ana.keyboard.press("/");
  await ana.waitForURL("**/search");
  await look(ana, "search");
  await ana.keyboard.type("zstd");
  await ana.keyboard.press("Enter");
  await ana.locator("mark", { hasText: "zstd" }).first().waitFor();
  await look(ana, "search-found");
  await ana.locator("h1").click();
  await ana.keyboard.press("j");
  await ana.keyboard.press("Enter");
  await ana.waitForURL("**/cases/*");
  await ana.goto("/search?q=%22open");
  await ana.getByText("the quotation does not end").waitFor();

  // What is no vulnerability goes on in public, without who and how.
  await report(stage, project, "Log line is cut off", "Gus P. saw it.\n\n```\ncanary\n```\nA long line is cut off without a mark.");
  await ana.goto("/inbox");
  await ana.getByRole("link", { name: "Log line is cut off", exact: true }).click();
  await ana.getByRole("link", { name: "Public issue" }).click();
  assert.equal(await ana.getByLabel(/^Text/).inputValue(), "… saw it.\n\nA long line is cut off without a mark.");
  await look(ana, "public-issue");
  await ana.getByLabel("Its permanent address").fill("https://example.org/issues/7");
  await ana.getByRole("button", { name: "Record that it was posted" }).click();
  await ana.waitForURL("**/cases/*?done=1");
  await ana.getByText("https://example.org/issues/7").first().waitFor();

  // The same by forms, without JavaScript.
  await bo.goto("/inbox");
  await bo.getByRole("link", { name: "Triage: Your website has no DMARC record" }).click();
  await bo.getByRole("link", { name: /Out of scope/ }).click();
  await bo.getByRole("button", { name: "Record: out of scope" }).click();
  await bo.getByText("Recorded: out of scope").waitFor();
  assert.equal(await bo.getByText("Your website has no DMARC record").count(), 0, "it was closed with the decision");
  await bo.goto(`/projects/${project}/answers`);
  await ana.goto(`/projects/${project}/answers`);
  await look(ana, "answers");
  await bo.getByLabel("Text").first().fill("Dear {name}, thank you.");
  await bo.getByRole("button", { name: "Save all" }).click();
  await bo.getByText("{name} stands for nothing").waitFor();
  await bo.getByLabel("Text").first().fill("Dear {reporter}, thank you.");
  await bo.getByRole("button", { name: "Save all" }).click();
  await bo.getByText("Saved.").waitFor();

  // Several at once: ticked by key, shown before anything is done, told case by case.
  for (const number of [1, 2, 3]) await report(stage, project, `Scanner finding ${number}`, `Rule ${number} fired.`);
  await ana.goto("/inbox");
  const to = async (title) => {
    await ana.keyboard.press("k");
    for (let tries = 0; tries < 50 && !(await ana.locator("tr.here").innerText()).includes(title); tries += 1) await ana.keyboard.press(tries < 25 ? "k" : "j");
  };
  await to("Scanner finding");
  const firstRow = await ana.locator("tr", { hasText: "Scanner finding" }).first().getAttribute("data-case");
  while ((await ana.locator("tr.here").getAttribute("data-case")) !== firstRow) await ana.keyboard.press("j");
  await ana.keyboard.press("x");
  await ana.keyboard.press("j");
  await ana.keyboard.press("j");
  await ana.keyboard.press("Shift+X");
  await ana.getByText("With the 3 that are ticked:").waitFor();
  await look(ana, "inbox-ticked");
  await ana.keyboard.press("t");
  await ana.keyboard.press("r");
  await ana.waitForURL("**/inbox/several");
  await look(ana, "several");
  // Meanwhile somebody else closes one of them: that one is held, the others go on.
  await bo.goto(`/cases/${firstRow}/triage?as=out-of-scope`);
  await bo.getByRole("button", { name: "Record: out of scope" }).click();
  await ana.keyboard.press("Enter");
  await ana.getByText("2 done", { exact: true }).waitFor();
  await ana.getByText("1 not done", { exact: true }).waitFor();
  await look(ana, "several-done");

  // What is new since one looked, and only to whom it is.
  await bo.goto(`/cases/${first}?room=internal#rooms`);
  await bo.getByLabel("Write in the room Team").fill("I can reproduce it on main.");
  await bo.getByRole("button", { name: "Send to Team" }).click();
  await ana.goto("/inbox");
  await look(ana, "inbox-unread");
  await ana.getByRole("row", { name: /zstd bomb/ }).getByText("new from the team").waitFor();
  await ana.goto(`/cases/${first}?room=internal#rooms`);
  await ana.getByText("1 new").waitFor();
  await ana.goto("/inbox");
  assert.equal(await ana.getByText("new from the team").count(), 0, "it was read");
  await ana.getByRole("link", { name: "Mine" }).click();
  await ana.getByText("You lead no open case").waitFor();
  await look(ana, "inbox-mine");
  // Without JavaScript by boxes and a button.
  await bo.goto("/inbox?shelf=unassigned");
  await bo.getByLabel("Choose: zstd bomb in confighttp").check();
  await bo.getByLabel("What to do").selectOption("assign");
  await bo.getByRole("button", { name: "Go on" }).click();
  await bo.getByRole("button", { name: "Do it to this case" }).click();
  await bo.getByText("1 done", { exact: true }).waitFor();
  await bo.goto("/inbox?shelf=mine");
  await bo.getByText("zstd bomb in confighttp").waitFor();

  for (const page of [ana, bo, gus]) assert.deepEqual(page.wrong, []);
  assert.ok(!stage.desk.log().includes("confighttp"), "no content in the log");
}
