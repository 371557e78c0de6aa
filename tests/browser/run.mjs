// What people do in a browser, end to end.
//
//   node run.mjs BINARY DIRECTORY-FOR-PICTURES-OR-"" [JOURNEY…]
//
// A journey is a file in `journeys/`; each gets a desk of its own.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { launch, prepare } from "./harness.mjs";

const [binary, shots, ...named] = process.argv.slice(2);
if (shots) mkdirSync(shots, { recursive: true });
const all = readdirSync(new URL("journeys", import.meta.url)).map((file) => file.replace(/\.mjs$/, "")).sort();
const browser = await launch();
let looks = 0;
try {
  for (const name of named.length ? named : all) {
    const { default: journey, start } = await import(`./journeys/${name}.mjs`);
    const stage = await prepare(browser, binary, shots, start);
    try {
      await journey(stage);
      assert.deepEqual(stage.strays, [], "what no page may ever do");
      looks += stage.looks();
      console.log(`journey ${name}: done, ${stage.looks()} looks by axe`);
    } catch (error) {
      console.error(`journey ${name}`);
      for (const context of browser.contexts()) for (const page of context.pages()) console.error(page.url(), (await page.locator("main").innerText().catch(() => "")).slice(0, 600));
      throw error;
    } finally {
      for (const context of browser.contexts()) await context.close();
      await stage.desk.stop();
    }
  }
} finally {
  await browser.close();
}
console.log(`journeys: all of them; axe looked at ${looks} pages`);
