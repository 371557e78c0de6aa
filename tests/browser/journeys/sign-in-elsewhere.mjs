// Signing in with a provider of OpenID Connect: two that enforce the protocol,
// an account that is linked, and what it is not linked by.
import assert from "node:assert/strict";
import { createHash, createSign, generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { start as begin } from "../desk.mjs";

const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** A provider that takes no protocol error lightly. */
async function provider(subject, claims = {}) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const codes = new Map();
  const heard = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, it.issuer);
    let sent = "";
    for await (const part of request) sent += part;
    const say = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (url.pathname === "/.well-known/openid-configuration") {
      return say(200, { issuer: it.issuer, authorization_endpoint: it.issuer + "/authorize", token_endpoint: it.issuer + "/token", jwks_uri: it.issuer + "/keys", authorization_response_iss_parameter_supported: true });
    }
    if (url.pathname === "/keys") return say(200, { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "one", use: "sig", alg: "RS256" }] });
    if (url.pathname === "/authorize") {
      const asked = Object.fromEntries(url.searchParams);
      heard.push(asked);
      const fits = asked.response_type === "code" && asked.client_id === "desk" && asked.redirect_uri === it.redirect && asked.code_challenge_method === "S256" && asked.code_challenge.length === 43 && asked.nonce && asked.state && asked.scope.split(" ").includes("openid") && !asked.scope.includes("email");
      if (!fits) return say(400, { error: "invalid_request" });
      const code = randomBytes(16).toString("hex");
      codes.set(code, asked);
      const back = new URL(asked.redirect_uri);
      back.search = new URLSearchParams({ code, state: asked.state, iss: it.says ?? it.issuer });
      it.back = back.href;
      // One that waits leaves the browser with it.
      if (it.waits) return say(200, {});
      return response.writeHead(302, { location: back.href }).end();
    }
    if (url.pathname === "/token") {
      const form = Object.fromEntries(new URLSearchParams(sent));
      const asked = codes.get(form.code);
      codes.delete(form.code);
      const challenge = createHash("sha256").update(form.code_verifier ?? "").digest("base64url");
      if (!asked || form.grant_type !== "authorization_code" || form.redirect_uri !== it.redirect || form.client_id !== "desk" || challenge !== asked.code_challenge) return say(400, { error: "invalid_grant" });
      const now = Math.floor(Date.now() / 1000);
      const token = encode({ alg: "RS256", kid: "one", typ: "JWT" }) + "." + encode({ iss: it.issuer, sub: subject, aud: "desk", iat: now, exp: now + 300, nonce: asked.nonce, ...(asked.max_age !== undefined ? { auth_time: now } : {}), ...claims });
      return say(200, { access_token: "x", token_type: "Bearer", id_token: token + "." + createSign("sha256").update(token).sign(privateKey, "base64url") });
    }
    say(404, {});
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const it = { issuer: `http://127.0.0.1:${server.address().port}`, heard, stop: () => server.close() };
  return it;
}

const arrived = (page, path) => page.waitForURL((url) => url.pathname === path);
const providers = [];

/** A desk that knows both. */
export async function start(binary) {
  providers.push(await provider("11", { preferred_username: "ana <b>" }), await provider("11", { email: "ana@example.org", email_verified: true }));
  const entries = providers.map(({ issuer }, place) => `{ id = "p${place}", name = "${["Example ID", "Other ID"][place]}", issuer = "${issuer}", client-id = "desk" }`);
  return begin(binary, `[sign-in]\nallowed-networks = ["127.0.0.0/8"]\nproviders = [${entries.join(", ")}]`);
}

export default async function ({ desk, look, enrol, person, strays }) {
  const [one, two] = providers;
  providers.forEach((it, place) => (it.redirect = `${desk.url}/sign-in/back/p${place}`));
  try {
    const ana = await enrol(desk.link, "ana@example.org");
    await ana.goto("/account");
    await ana.getByRole("button", { name: "Link Example ID" }).click();
    await arrived(ana, "/account");
    await ana.getByText("It is linked").waitFor();
    await look(ana, "account-linked");
    assert.equal(await ana.locator("section.boxed b b").count(), 0, "what a provider says becomes no element");

    // Signed out, it lets in; the same subject of another issuer does not, and nor does an address.
    await ana.getByRole("button", { name: "Sign out" }).click();
    await ana.goto("/sign-in?to=/account");
    await look(ana, "sign-in-elsewhere");
    await ana.getByRole("button", { name: "Go on with Other ID" }).click();
    await ana.getByText("nobody here has linked this account").waitFor();
    await look(ana, "sign-in-elsewhere-refused");
    await ana.goto("/sign-in?to=/account");
    await ana.getByRole("button", { name: "Go on with Example ID" }).click();
    await arrived(ana, "/account");

    // It has not said when it asked, so what weighs much asks again, and then it has to say.
    await ana.getByRole("link", { name: "Add a passkey" }).click();
    await arrived(ana, "/step-up");
    await ana.getByRole("button", { name: "Go on with Example ID" }).click();
    await arrived(ana, "/account/passkeys");
    assert.equal(one.heard.at(-1).max_age, "0");

    // The answer of one that says it is another is not taken.
    await ana.goto("/account");
    await ana.getByRole("button", { name: "Sign out" }).click();
    one.says = two.issuer;
    await ana.goto("/sign-in");
    await ana.getByRole("button", { name: "Go on with Example ID" }).click();
    await ana.getByText("does not fit to what was asked").waitFor();
    one.says = undefined;

    // An answer that another browser brings back is not taken, and the one that left still can.
    await ana.goto("/sign-in?to=/account");
    one.waits = true;
    await ana.getByRole("button", { name: "Go on with Example ID" }).click();
    await ana.waitForURL(one.issuer + "/authorize**");
    one.waits = false;
    const caught = one.back;
    const eve = await person();
    await eve.goto(caught);
    await eve.getByText("was not begun in this browser").waitFor();
    await ana.goto(caught);
    await arrived(ana, "/account");
    await ana.goto(caught);
    await ana.getByText("was not begun in this browser").waitFor();

    // Unlinked, it lets nobody in.
    await ana.goto("/step-up?to=/account");
    await ana.getByRole("button", { name: "Go on with Example ID" }).click();
    await arrived(ana, "/account");
    await ana.getByRole("button", { name: "Unlink Example ID" }).click();
    await ana.getByText("It opens nothing any more").waitFor();
    await ana.getByRole("button", { name: "Sign out" }).click();
    await ana.goto("/sign-in");
    await ana.getByRole("button", { name: "Go on with Example ID" }).click();
    await ana.getByText("nobody here has linked this account").waitFor();
    assert.ok(!desk.log().includes("code="), "no code in the log");
    // Browsers ask the two providers, and nobody else.
    const others = strays.filter((stray) => !providers.some(({ issuer }) => stray.includes(issuer)));
    strays.splice(0, strays.length, ...others);
  } finally {
    for (const it of providers) it.stop();
  }
}
