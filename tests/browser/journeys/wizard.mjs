// The first operator on an empty desk: a project, step by step, to its first report.
import assert from "node:assert/strict";
import { api } from "../desk.mjs";

export default async function ({ desk, look, enrol, person }) {
  const olga = await enrol(desk.link, "olga@example.org");
  await look(olga, "wizard-inbox");
  await olga.getByRole("link", { name: "Set up the first project" }).click();
  await olga.getByRole("heading", { name: "Welcome" }).waitFor();
  await look(olga, "wizard-1");
  const on = () => olga.getByRole("button", { name: "Go on" }).click();
  const back = () => olga.getByRole("button", { name: "Back" }).click();

  // What is wrong is said, and nothing that was typed is lost.
  await on();
  await olga.getByText("Nothing that you have typed is lost").waitFor();
  await olga.getByLabel("Address of the repository").fill("collector");
  await on();
  await olga.getByText("this names no repository").waitFor();
  await look(olga, "wizard-1-wrong");
  await olga.getByLabel("Address of the repository").fill("https://git.example.org/meridian/collector.git");
  await on();

  await olga.getByText("What does collector consist of").waitFor();
  await olga.getByLabel("Branches, one a line").fill("main development\nrelease-1.8 supported\nrelease-1.6 kept");
  await olga.getByLabel("CODEOWNERS, OWNERS").fill("* @hal\n/receiver/ @eli @meridian/readers\n*.md @docs\n");
  await olga.getByLabel("Or the file").setInputFiles([{ name: "CODEOWNERS", mimeType: "text/plain", buffer: Buffer.from("/exporter/ @fay\n") }]);
  await on();
  await olga.getByText("line 3: the class is one of").waitFor();
  assert.match(await olga.getByLabel("CODEOWNERS, OWNERS").inputValue(), /@eli[^]*@fay/);
  await look(olga, "wizard-2");
  await olga.getByLabel("Branches, one a line").fill("main development\nrelease-1.8 supported\nrelease-1.6 unsupported 2026-05-01");
  await on();

  // A policy of one's own is read before anything is made of it.
  await olga.getByRole("radio", { name: "Our own" }).check();
  await olga.getByRole("textbox", { name: "Its text" }).fill("[policy]\nid = 7\n");
  await on();
  await olga.locator("#policy-wrong").waitFor();
  await look(olga, "wizard-3");
  await olga.getByRole("radio", { name: "OpenTelemetry" }).check();
  await on();
  await olga.getByLabel("intake", { exact: true }).fill("not an address");
  await on();
  await olga.getByText("Nothing that you have typed is lost").waitFor();
  await look(olga, "wizard-4");
  await olga.getByLabel("intake", { exact: true }).fill("security@meridian.example");
  await on();

  // Back to the first page and forth again: everything is still there.
  for (let step = 0; step < 4; step += 1) await back();
  assert.equal(await olga.getByLabel("Address of the repository").inputValue(), "https://git.example.org/meridian/collector.git");
  await olga.getByLabel("Project", { exact: false }).last().fill("Meridian Collector");
  for (let step = 0; step < 4; step += 1) await on();
  assert.equal(await olga.getByLabel("What eli is called").inputValue(), "eli");
  assert.equal(await olga.getByRole("checkbox", { name: "meridian/readers" }).isChecked(), false, "a team is nobody");
  await olga.getByRole("checkbox", { name: "fay" }).uncheck();
  await olga.getByRole("checkbox", { name: "hal" }).uncheck();
  await olga.getByLabel("What eli is called").fill("Eli Marsh");
  await olga.locator("#also-0").fill("Ana Ruiz");
  await look(olga, "wizard-5");
  await olga.getByRole("button", { name: "Make it" }).click();
  await olga.getByRole("heading", { name: "The project is there" }).waitFor();
  await look(olga, "wizard-links");
  const links = Object.fromEntries(await olga.locator(".hand").evaluateAll((hands) => hands.map((hand) => [hand.querySelector("b").textContent, hand.querySelector("code").textContent])));
  assert.deepEqual(Object.keys(links).sort(), ["Ana Ruiz", "Eli Marsh"]);

  // What was made is what was typed.
  const directory = (await api(olga, "GET", "/directory")).body;
  const [project] = directory.projects;
  assert.equal(project.name, "Meridian Collector");
  assert.equal(directory.organisations[0].name, "meridian");
  assert.deepEqual(project.facts.branches.map((branch) => branch.class), ["development", "supported", "unsupported"]);
  const eli = directory.people.find((one) => one.name === "Eli Marsh").person;
  assert.deepEqual(project.facts.owners, { "/": ["hal"], "/receiver/": [eli, "meridian/readers"], "/exporter/": ["fay"] });
  assert.equal(project.policy.parameters.intake, "security@meridian.example");

  // Whoever was invited joins, and becomes a responder; a report can come.
  await olga.getByRole("link", { name: "I have them" }).click();
  await olga.getByText("Nobody can answer its reports yet").waitFor();
  await olga.getByRole("button", { name: "Another link for Ana Ruiz" }).click();
  const another = await olga.locator(".hand code").textContent();
  assert.notEqual(another, links["Ana Ruiz"]);
  const ana = await enrol(another, "ana@example.org", { script: false });
  await ana.goto("/welcome");
  await ana.getByText("There is nothing here", { exact: false }).first().waitFor();
  await olga.goto("/welcome");
  await look(olga, "wizard-next");
  await olga.getByRole("button", { name: "Make Ana Ruiz a responder" }).click();
  await olga.getByText("It can answer reports.").waitFor();
  const anybody = await person();
  await anybody.goto(await olga.locator("a[href$='/report']").getAttribute("href"));
  await anybody.getByLabel("In one line").fill("The first one");
  await anybody.getByLabel("What is wrong").fill("Something small.");
  await anybody.getByRole("button", { name: "Send the report" }).click();
  await anybody.getByRole("heading", { name: "Your report was received" }).waitFor();
  await ana.goto("/inbox");
  await ana.getByRole("link", { name: "The first one", exact: true }).waitFor();
  await olga.goto("/inbox");
  await olga.getByRole("link", { name: "See what your projects still need" }).waitFor();
  for (const page of [olga, ana, anybody]) assert.deepEqual(page.wrong, []);
}
