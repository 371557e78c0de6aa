// Asks csaf-validator-lib about CSAF 2.0 documents: a path a line comes in, a
// line of JSON with its errors goes out; at the end stands how long that took.
import { readFileSync } from "node:fs";
import * as mandatory from "@secvisogram/csaf-validator-lib/mandatoryTests.js";
import * as schema from "@secvisogram/csaf-validator-lib/schemaTests.js";
import validate from "@secvisogram/csaf-validator-lib/validate.js";

const tests = [...Object.values(schema), ...Object.values(mandatory)];
const paths = readFileSync(0, "utf8").split("\n").filter((path) => path !== "");
const documents = paths.map((path) => JSON.parse(readFileSync(path, "utf8")));
const before = process.cpuUsage();
for (const [place, document] of documents.entries()) {
  const verdict = await validate(tests, document);
  const errors = verdict.tests.flatMap((test) => test.errors.map((error) => `${test.name} ${error.instancePath} ${error.message}`));
  console.log(JSON.stringify({ path: paths[place], valid: verdict.isValid, errors }));
}
const used = process.cpuUsage(before);
console.log(JSON.stringify({ cpu: (used.user + used.system) / 1e6 }));
