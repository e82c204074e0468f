// The server's doors: JSON calls and the stream of a reply. A refused call asks for a key once and is tried again.

import { passing } from "./dom.js";

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

let askForKey = async () => null;
let asking = null;

/** `ask` shows the question for a key and resolves to it, or to null if the user would rather not. */
export function useKeys(ask) {
  askForKey = ask;
}

function headers(json) {
  const key = passing.get("key");
  return {
    ...(json ? { "Content-Type": "application/json" } : {}),
    ...(key ? { Authorization: `Bearer ${key}` } : {}),
  };
}

/** Several calls that are refused at once share one question. */
async function newKey() {
  asking ??= askForKey(passing.get("key") !== null).finally(() => {
    asking = null;
  });
  const key = await asking;
  if (key) passing.set("key", key);
  return Boolean(key);
}

async function send(method, path, body, signal) {
  for (;;) {
    const used = passing.get("key");
    const response = await fetch(new URL(path, document.baseURI), {
      method,
      headers: headers(body !== undefined),
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
    });
    if (response.ok) return response;
    if (response.status === 401 && (used !== passing.get("key") || (await newKey()))) continue;
    throw new ApiError(response.status, await fault(response));
  }
}

/** What the server says went wrong, in whichever of its shapes. */
async function fault(response) {
  const text = await response.text();
  try {
    const told = JSON.parse(text);
    const message = told.error?.message ?? told.message ?? told.detail ?? text;
    return typeof message === "string" ? message : JSON.stringify(message);
  } catch {
    return text.slice(0, 300) || `${response.status} ${response.statusText}`;
  }
}

/** Call a door and read its JSON. */
export async function call(method, path, body) {
  const response = await send(method, path, body);
  return response.status === 204 ? null : response.json();
}

export const part = encodeURIComponent;

/** Take a turn: yields the pieces of the reply as they arrive. */
export async function* chat(body, signal) {
  const response = await send("POST", "v1/chat", body, signal);
  let whole = false;
  for await (const data of events(response.body)) {
    if (data === "[DONE]") {
      whole = true;
      continue;
    }
    const piece = JSON.parse(data);
    if (piece.error) throw new ApiError(500, piece.error.message ?? String(piece.error));
    yield piece;
  }
  if (!whole) throw new ApiError(0, "cut"); // the connection ended before the reply did
}

/** The `data` of each server-sent event; its lines may arrive in any cut. */
async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let data = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split(/\r\n|\n/);
      rest = lines.pop();
      for (const line of lines) {
        if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
        else if (line === "" && data.length) {
          yield data.join("\n");
          data = [];
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
