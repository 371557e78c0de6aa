// The ways in, with the virtual authenticator of Chromium: passkeys are made,
// used, renamed and removed, and what an attacker can do with their answers.
import assert from "node:assert/strict";
import { PASSWORD } from "../harness.mjs";
import { totp } from "../desk.mjs";

/** Gives a page an authenticator; `has` are its manners. */
async function authenticator(page, has = {}) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, ...has };
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
  return {
    credentials: async () => (await devtools.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    add: (credential) => devtools.send("WebAuthn.addCredential", { authenticatorId, credential }),
    remove: () => devtools.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId }),
  };
}

/** Has the form keep what it sends instead of sending it. */
async function caught(page, press) {
  await page.evaluate(() => {
    HTMLFormElement.prototype.submit = function () { window.sent = Object.fromEntries(new FormData(this)); };
    window.sent = null;
  });
  await press();
  await page.waitForFunction(() => window.sent);
  return page.evaluate(() => window.sent);
}

/** Sends a form as a page of the desk would. */
function send(page, path, fields) {
  return page.evaluate(async ([path, fields]) => {
    const answer = await fetch(path, { method: "POST", body: new URLSearchParams(fields) });
    const text = await answer.text();
    return { status: answer.status, at: new URL(answer.url).pathname, text };
  }, [path, fields]);
}

const arrived = (page, path) => page.waitForURL((url) => url.pathname === path);
const altered = (data, change) => {
  const read = JSON.parse(Buffer.from(data, "base64url"));
  return Buffer.from(JSON.stringify({ ...read, ...change })).toString("base64url");
};

export default async function ({ desk, api, look, person, enrol }) {
  // The first operator comes in by the link with a passkey alone.
  const olga = await person();
  const olgas = await authenticator(olga);
  await olga.goto(desk.link);
  await olga.getByRole("button", { name: "Make a passkey" }).waitFor();
  await look(olga, "enrol-passkey");
  await olga.getByRole("button", { name: "Make a passkey" }).click();
  await arrived(olga, "/sign-in");
  await look(olga, "sign-in-passkey");
  await olga.getByRole("button", { name: "Use a passkey" }).click();
  await arrived(olga, "/account");
  await olga.getByText("This is your only way in").waitFor();
  await look(olga, "account-new");

  // It is renamed, and cannot be removed as the only way in.
  await olga.getByText("Rename", { exact: false }).first().click();
  await olga.getByLabel("New name of My passkey").fill("Laptop \u202e<b>");
  await olga.getByRole("button", { name: "Rename", exact: true }).click();
  await olga.getByText("Renamed.").waitFor();
  assert.ok(!(await olga.content()).includes("\u202e"), "what turns text around is shown, not obeyed");
  await olga.getByRole("button", { name: /^Remove/ }).click();
  await olga.getByText("this is the only way in that you have").first().waitFor();

  // A second way in: a password and an authenticator, later.
  await olga.goto("/account");
  await olga.getByRole("link", { name: "Set them up" }).click();
  await look(olga, "account-authenticator");
  const secret = await olga.locator("code.secret").textContent();
  await olga.getByLabel("The name to sign in with").fill("olga@example.org");
  await olga.getByLabel("A password").fill(PASSWORD);
  await olga.getByLabel("The same password again").fill(PASSWORD);
  await olga.getByLabel("The six digits that it shows now").fill(totp(secret));
  await olga.getByRole("button", { name: "Use it" }).click();
  await olga.getByRole("heading", { name: "Keep these recovery codes" }).waitFor();
  assert.equal(await olga.locator("#codes code").count(), 10);
  await olga.getByRole("link", { name: "I have them" }).click();

  // A second passkey, on another authenticator.
  const phone = await authenticator(olga, { transport: "usb" });
  await olgas.remove();
  await olga.getByRole("link", { name: "Add a passkey" }).click();
  await look(olga, "account-passkey");
  await olga.getByLabel("What to call it").fill("Key on the ring");
  await olga.getByRole("button", { name: "Make it" }).click();
  await olga.getByText("The passkey is yours").waitFor();
  await olga.getByRole("link", { name: "Make a token" }).click();
  await look(olga, "account-token");
  await olga.getByLabel("What to call it").fill("Dashboard");
  await olga.getByLabel("read cases and their rooms").check();
  await olga.getByRole("button", { name: "Make it" }).click();
  await olga.getByText("It is shown this once").waitFor();
  await look(olga, "account-token-made");
  await olga.getByRole("link", { name: "I have it" }).click();
  await look(olga, "account");

  // The same authenticator does not get two.
  await olga.goto("/account/passkeys");
  await olga.getByLabel("What to call it").fill("Again");
  await olga.getByRole("button", { name: "Make it" }).click();
  await olga.getByText("has a passkey for this desk already").waitFor();

  // An authenticator that asks nobody who they are: the browser refuses, and so does the desk.
  const mute = await person();
  await authenticator(mute, { hasUserVerification: false, isUserVerified: false });

  // What is sent to sign in with, kept back and tampered with.
  await olga.getByRole("button", { name: "Sign out" }).click();
  await olga.goto("/sign-in");
  const use = () => olga.getByRole("button", { name: "Use a passkey" }).click();
  const refused = async (sent, why) => {
    const { status, at } = await send(olga, "/sign-in/passkey", sent);
    assert.deepEqual([status, at], [401, "/sign-in/passkey"], why);
  };
  let sent = await caught(olga, use);
  await refused({ ...sent, client_data: altered(sent.client_data, { origin: "http://localhost.example" }) }, "made at another origin");
  await refused(sent, "its challenge was used up by that");
  sent = await caught(olga, use);
  await refused({ ...sent, client_data: altered(sent.client_data, { type: "webauthn.create" }) }, "an answer to another question");
  sent = await caught(olga, use);
  await refused({ ...sent, client_data: altered(sent.client_data, { crossOrigin: true }) }, "made in a frame of another site");
  sent = await caught(olga, use);
  const flags = Buffer.from(sent.authenticator, "base64url");
  flags[32] &= ~4;
  await refused({ ...sent, authenticator: flags.toString("base64url") }, "without saying that the user was verified");
  sent = await caught(olga, use);
  const other = await caught(olga, use);
  await refused({ ...sent, signature: other.signature }, "with the signature of another answer");
  // Negative control: an answer that nobody touched lets in, once.
  sent = await caught(olga, use);
  const cookies = () => olga.context().cookies();
  assert.equal((await cookies()).length, 0);
  assert.equal((await send(olga, "/sign-in/passkey", sent)).at, "/inbox");
  assert.equal((await cookies()).length, 1);
  await olga.context().clearCookies();
  await refused(sent, "sent again");

  // Somebody else's credential: it signs in whose it is, whatever the name says; and proves nothing for others.
  await olga.goto("/sign-in?to=/account");
  await use();
  await arrived(olga, "/account");
  const invited = (await api(olga, "POST", "/invitations", { name: "Ana Ruiz" })).body;
  const ana = await enrol(invited.link.startsWith("http") ? invited.link : `${desk.url}/invitation#${invited.link}`, "ana@example.org");
  const anas = await authenticator(ana);
  await ana.goto("/account/passkeys");
  await ana.getByLabel("What to call it").fill("Telephone");
  await ana.getByRole("button", { name: "Make it" }).click();
  await ana.getByText("The passkey is yours").waitFor();
  await ana.goto("/step-up?to=/account");
  await look(ana, "step-up");
  const proof = await caught(ana, () => ana.getByRole("button", { name: "Use a passkey" }).click());
  const stolen = await send(olga, "/step-up/passkey", proof);
  assert.equal(stolen.status, 401, "a proof counts for the session that was asked");
  await ana.goto("/step-up?to=/account");
  await ana.getByRole("button", { name: "Use a passkey" }).click();
  await arrived(ana, "/account");
  await olga.goto("/sign-in");
  sent = await caught(olga, use);
  const [hers] = await anas.credentials();
  await refused({ ...sent, user: hers.userHandle }, "with somebody else's handle");
  sent = await caught(olga, use);
  await refused({ ...sent, credential: Buffer.from(hers.credentialId, "base64").toString("base64url") }, "with somebody else's credential");

  // A copy of an authenticator: its counter stands still, and it opens nothing any more.
  const [key] = await phone.credentials();
  await olga.goto("/sign-in?to=/account");
  await use();
  await arrived(olga, "/account");
  await phone.remove();
  const copy = await authenticator(olga, { transport: "usb" });
  await copy.add({ ...key, signCount: 1 });
  await olga.goto("/sign-in");
  await use();
  await olga.getByText("this passkey does not work here").waitFor();
  await copy.remove();
  await olga.getByLabel("Name").fill("olga@example.org");
  await olga.getByLabel("Password").fill(PASSWORD);
  await olga.getByLabel("Code of your authenticator").fill(totp(secret, Date.now() + 30000));
  await olga.getByRole("button", { name: "Sign in" }).click();
  await olga.waitForURL("**/inbox");
  await olga.goto("/account");
  await olga.getByText("blocked: its counter went back").waitFor();
  await look(olga, "account-doubted");

  // A passkey that was removed opens nothing.
  await ana.goto("/account");
  await ana.getByRole("button", { name: "Remove Telephone" }).click();
  await ana.getByText("It opens nothing any more.").waitFor();
  await ana.getByRole("button", { name: "Sign out" }).click();
  await ana.goto("/sign-in");
  await ana.getByRole("button", { name: "Use a passkey" }).click();
  await ana.getByText("this passkey does not work here").waitFor();

  // Without JavaScript there is the fallback, and the page says so.
  const plain = await person({ javaScriptEnabled: false });
  await plain.goto("/sign-in");
  await plain.getByText("Passkeys need JavaScript").waitFor();
  assert.equal(await plain.getByRole("button", { name: "Use a passkey" }).count(), 0);

  // Who cannot be verified is told so by their browser, and signs nobody in.
  await mute.goto("/sign-in");
  await mute.getByRole("button", { name: "Use a passkey" }).click();
  await mute.locator("[data-wrong]").waitFor();

  // A page of refusal knows who looks.
  await olga.goto("/cases/00000000000000000000000000");
  await olga.getByRole("button", { name: "Sign out" }).waitFor();

  for (const page of [olga, ana]) assert.deepEqual(page.wrong, []);
  assert.ok(!desk.log().includes(hers.credentialId) && !desk.log().includes(sent.client_data), "nothing of passkeys in the log");
}
