// A real desk on a directory of its own, and what a person needs to get in.
import { spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The six digits that an authenticator shows for a secret (RFC 6238). */
export function totp(secret, at = Date.now()) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  let bits = "";
  for (const letter of secret.replace(/[\s=]/g, "")) bits += alphabet.indexOf(letter).toString(2).padStart(5, "0");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const place = hash[19] & 15;
  return String((hash.readUInt32BE(place) & 0x7fffffff) % 1000000).padStart(6, "0");
}

/** A port that nobody listens on. */
export function port() {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Starts a command that serves, and reads what it prints until there is enough. */
async function begin(binary, args, enough, further = "") {
  const home = await mkdtemp(join(tmpdir(), "fixlead-browser-"));
  // By a name and not by a number, for passkeys are bound to one.
  const here = await port();
  const configuration = join(home, "fixlead.toml");
  await writeFile(configuration, further + "\n");
  const where = ["--data", join(home, "data"), "--listen", `127.0.0.1:${here}`];
  if (args[0] === "serve") where.push("--public-url", `http://localhost:${here}`, "--config", configuration);
  const child = spawn(binary, [...args, ...where], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.on("data", (text) => (log += text));
  let said = "";
  await new Promise((ready, failed) => {
    child.stdout.on("data", (text) => {
      said += text;
      if (enough(said) && said.endsWith("\n")) ready();
    });
    child.on("exit", () => failed(new Error("the desk ended: " + log)));
  });
  const url = said.match(/the desk is at (\S+)/)[1];
  return {
    url,
    said,
    log: () => log,
    async stop() {
      child.removeAllListeners("exit");
      const ended = new Promise((done) => child.on("exit", done));
      child.kill("SIGTERM");
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Starts a desk, perhaps with further lines of configuration; `link` is the set-up link that it prints. */
export async function start(binary, further) {
  const desk = await begin(binary, ["serve"], (said) => said.includes("#fixlead_link_"), further);
  return { ...desk, link: desk.said.match(/\S+#fixlead_link_\S+/)[0] };
}

/** Shows the demonstration; `links` let in as each of its people. */
export async function show(binary) {
  const links = (said) => said.match(/http:\S+\/demo\/\S+/g) ?? [];
  const desk = await begin(binary, ["demo"], (said) => links(said).length === 4);
  return { ...desk, links: links(desk.said) };
}

/** Asks the API with the session of a page. */
export async function api(page, method, path, body, headers = {}) {
  return page.evaluate(
    async ([method, path, body, headers]) => {
      const answer = await fetch("/api/v1" + path, {
        method,
        headers: { "content-type": "application/json", ...headers },
        body: body === null ? undefined : JSON.stringify(body),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return { body: text ? JSON.parse(text) : null, etag: answer.headers.get("etag") };
    },
    [method, path, body ?? null, method === "GET" ? headers : { "idempotency-key": randomUUID(), ...headers }],
  );
}
