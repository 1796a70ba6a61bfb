// Passkeys: the one thing here that a browser does by script alone. Everything else about them is said on the page.
"use strict";

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const known = (list) => (list || []).map((each) => ({ ...each, id: toBytes(each.id) }));

function forCreating(options) {
  const user = { ...options.user, id: toBytes(options.user.id) };
  const excludeCredentials = known(options.excludeCredentials);
  return { ...options, user, challenge: toBytes(options.challenge), excludeCredentials };
}

function forUsing(options) {
  return { ...options, challenge: toBytes(options.challenge), allowCredentials: known(options.allowCredentials) };
}

function spoken(credential) {
  const response = { clientDataJSON: toText(credential.response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

async function ask(form, address, body) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
    body: JSON.stringify(body),
  });
  const isJson = (answer.headers.get("Content-Type") || "").startsWith("application/json");
  const said = isJson ? await answer.json() : {};
  if (!answer.ok || !isJson) throw new Error(said.detail || form.dataset.failed);
  return said;
}

async function run(form) {
  const { passkey, begin, complete } = form.dataset;
  const options = await ask(form, begin, {});
  const credential =
    passkey === "add"
      ? await navigator.credentials.create({ publicKey: forCreating(options) })
      : await navigator.credentials.get({ publicKey: forUsing(options) });
  const name = form.elements.name ? form.elements.name.value : "";
  const done = await ask(form, complete, { ...spoken(credential), name });
  const codes = document.getElementById("make-codes");
  if (done.codes && codes) codes.submit();
  else window.location.assign(done.go);
}

function say(form, text) {
  const place = form.querySelector("[data-say]");
  place.querySelector("[data-text]").textContent = text;
  place.hidden = !text;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    say(form, "");
    try {
      await run(form);
    } catch (error) {
      // What the browser says is in a language and a length of its own; that it was called off needs few words.
      say(form, error instanceof DOMException ? form.dataset.stopped : error.message);
      button.disabled = false;
      button.focus();
    }
  });
}
