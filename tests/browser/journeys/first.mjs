// A reporter without an account, a responder who takes the case up, an operator
// who may not read it.
import assert from "node:assert/strict";

export default async function ({ desk, api, look, person, team }) {
  const { olga, ana, project } = await team({ pictures: true });

  // A reporter without an account and without JavaScript.
  const gus = await person({ javaScriptEnabled: false });
  await gus.goto("/");
  await gus.getByRole("link", { name: "Collector" }).click();
  await gus.getByLabel("In one line").fill("Header parser reads past the end <b>of</b> a frame");
  await gus.getByLabel("What is wrong").fill("A frame of 16 385 bytes makes the parser read on.\n\n1. Start the collector\n2. `nc localhost 4317 < frame`\n\n[more](javascript:alert(1)) <img src=x onerror=alert(2)>");
  await gus.getByLabel("Which versions").fill("1.4.0 and later");
  await gus.locator("#credit").fill("Gus P.");
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
