// Passkeys: a form that the browser's authenticator fills in.
{
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const letters = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer ?? []))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const known = (list) => list.split(" ").filter(Boolean).map((id) => ({ type: "public-key", id: bytes(id) }));

  async function make(asked) {
    const { response } = await navigator.credentials.create({
      publicKey: {
        challenge: bytes(asked.challenge),
        rp: { id: asked.relying, name: "Fixlead at " + asked.relying },
        user: { id: bytes(asked.user), name: asked.called, displayName: asked.called },
        pubKeyCredParams: asked.algorithms.split(" ").map((alg) => ({ type: "public-key", alg: Number(alg) })),
        excludeCredentials: known(asked.credentials),
        authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
        attestation: "none",
        timeout: 240000,
      },
    });
    return { client_data: letters(response.clientDataJSON), attestation: letters(response.attestationObject) };
  }

  async function use(asked) {
    const { rawId, response } = await navigator.credentials.get({
      publicKey: { challenge: bytes(asked.challenge), rpId: asked.relying, allowCredentials: known(asked.credentials), userVerification: "required", timeout: 240000 },
    });
    return {
      credential: letters(rawId), client_data: letters(response.clientDataJSON),
      authenticator: letters(response.authenticatorData), signature: letters(response.signature), user: letters(response.userHandle),
    };
  }

  const words = {
    NotAllowedError: "That was broken off, or took too long. Try again when you are ready.",
    InvalidStateError: "This authenticator has a passkey for this desk already.",
    SecurityError: "The browser makes no passkeys at this address. Open the desk at its own address.",
  };

  for (const text of document.querySelectorAll("[data-scriptless]")) text.hidden = true;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const wrong = form.querySelector("[data-wrong]");
    if (!window.PublicKeyCredential) {
      const none = document.querySelector("[data-no-passkeys]");
      if (none) none.hidden = false;
      continue;
    }
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      wrong.hidden = true;
      try {
        let asked = form.dataset;
        if (asked.ask) {
          const answer = await fetch(asked.ask, { method: "POST" });
          if (!answer.ok) throw new Error(answer.status === 429 ? "Too many tries from where you are. Wait a minute." : "The desk does not answer. Try again.");
          asked = await answer.json();
        }
        const answer = form.dataset.passkey === "make" ? await make(asked) : await use(asked);
        for (const [name, value] of Object.entries(answer)) form.elements[name].value = value;
        form.submit();
      } catch (error) {
        wrong.textContent = words[error.name] ?? (error.name === "Error" ? error.message : "The browser could not use a passkey (" + error.name + ").");
        wrong.hidden = false;
      }
    });
  }
}
