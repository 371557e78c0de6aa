// The demonstration, as each of its people.
import assert from "node:assert/strict";
import { show } from "../desk.mjs";

/** A demonstration instead of an empty desk. */
export const start = show;

export default async function ({ desk, look, person }) {
  assert.equal(desk.links.length, 4);
  const enter = async (word, options) => {
    const page = await person(options);
    await page.goto(desk.links.find((link) => link.endsWith("/" + word)));
    return page;
  };

  // Whoever comes without a link is told what this is.
  const anybody = await person();
  await anybody.goto("/");
  await anybody.getByText("nothing leaves this machine").waitFor();
  assert.equal(await anybody.getByRole("navigation", { name: "Be somebody else" }).count(), 0);
  await look(anybody, "demo-front");

  // The reporter, without JavaScript.
  const gus = await enter("reporter", { javaScriptEnabled: false });
  await gus.getByRole("heading", { name: "Baggage header" }).waitFor();
  await gus.getByText("You are Gus Petrov").waitFor();
  await gus.getByText("Gus Petrov, without a link").waitFor();
  await gus.getByLabel("Write to the team").fill("How is it going?");
  await gus.getByRole("button", { name: "Send" }).click();
  await gus.getByText("How is it going?").waitFor();
  const reporter = await enter("reporter");
  await look(reporter, "demo-reporter");

  // A responder reads a new report and takes it up.
  const bo = await enter("responder");
  await bo.getByRole("table").waitFor();
  await look(bo, "demo-inbox");
  assert.equal(await bo.getByText("release signing key").count(), 0, "he has a conflict of interest");
  await bo.getByText("What to try").click();
  await look(bo, "demo-tries");
  await bo.getByRole("link", { name: "Read the newest reports" }).click();
  await bo.getByRole("heading", { name: "Debug endpoint" }).waitFor();
  await bo.getByRole("link", { name: "Record: report acknowledged" }).first().click();
  await bo.getByRole("button", { name: "Record it" }).click();
  await bo.getByText("Recorded.").waitFor();

  await bo.getByText("What to try").click();
  await bo.getByRole("link", { name: "Three opinions" }).click();
  await bo.waitForURL("**/severity");
  await look(bo, "demo-severity");

  // The Fix Lead of a case under embargo, and what holds her.
  const ana = await enter("fix-lead");
  const visit = async (what, name) => {
    await ana.getByText("What to try").click();
    const link = ana.getByRole("link", { name: what });
    const to = await link.getAttribute("href");
    await link.click();
    await ana.waitForURL("**" + to);
    await look(ana, name);
  };
  await visit("Your case in the middle of its fix", "demo-case-led");
  await ana.getByRole("link", { name: /^Reporter/ }).click();
  await ana.getByText("How is it going?").waitFor();
  await visit("Under embargo with a plan", "demo-case-embargo");
  await ana.goto(`${new URL(ana.url()).pathname}/record/released`);
  await ana.getByRole("button", { name: "Record it" }).click();
  await ana.getByText("The policy holds this").waitFor();
  await ana.goto("/inbox");
  await visit("The plan of its release", "demo-plan");
  await visit("What was sent to whom", "demo-communication");
  await visit("Already public and used", "demo-case-hurry");
  await visit("One that only those named", "demo-case-restricted");
  const restricted = new URL(ana.url()).pathname;
  await visit("It waits for another project", "demo-case-upstream");
  await visit("Dee's release", "demo-case-release-near");
  await visit("A real public case", "demo-case-study");
  await ana.goto("/inbox?shelf=closed");
  await look(ana, "demo-closed");

  // In a demonstration one click proves again who one is.
  await ana.goto("/step-up?to=/inbox%3Fshelf=closed");
  await ana.getByRole("link", { name: "one click proves it" }).click();
  await ana.waitForURL("**/inbox?shelf=closed");

  // From the banner to somebody else, who may know less.
  await bo.goto(restricted);
  await bo.getByText("there is nothing here").waitFor();
  await ana.getByRole("navigation", { name: "Be somebody else" }).getByRole("link", { name: "Olga Brandt" }).click();
  await ana.getByText("You are Olga Brandt").waitFor();
  assert.equal(await ana.locator("a[href^='/cases/']").count(), 0, "whoever keeps a desk running reads no case");
  await look(ana, "demo-operator");
  await ana.getByRole("link", { name: "See what your projects still need" }).click();
  await ana.getByRole("heading", { name: "What is next" }).waitFor();
  await look(ana, "demo-welcome");
  for (const page of [anybody, gus, reporter, bo, ana]) assert.deepEqual(page.wrong, []);
}
