// The page: takes turns, streams replies into the conversation and the cards, and keeps both over a reload.

import { ApiError, call, chat, part } from "./api.js";
import { Cards, reveal } from "./cards.js";
import { meet } from "./catalogue.js";
import { byId, el, freshId, icon, lasting, passing } from "./dom.js";
import { language, t } from "./language.js";
import { Profile } from "./profile.js";
import { begin } from "./shell.js";
import { answers, Log } from "./talk.js";

const message = byId("message");
const wish = byId("wish");
const chipRow = byId("chips");
const variety = byId("variety");

let user = lasting.get("user") ?? freshId("web-");
let conversation = passing.get("conversation");
let chips = [];
let running = null; // the AbortController of the turn on its way

/** Tell screen readers; one line at a time, never every piece of a stream. */
const say = (text) => {
  byId("status").textContent = text;
};

const log = new Log(byId("log"));
const cards = new Cards(byId("cards"), {
  say,
  similar: (n, title) => turn(t("similar", { n }), { label: t("similar.of", { t: title }) }),
});
const profile = new Profile(byId("profile"), {
  user: () => user,
  rename(name) {
    user = name;
    lasting.set("user", name);
    fresh();
  },
  erased: fresh,
  open: (id) => resume(id),
});

/** Say something, and show what comes back. `label` is what the conversation shows of it. */
async function turn(text, { label = text, lift = [] } = {}) {
  if (running) return;
  const stop = new AbortController();
  running = stop;
  const inShelf = byId("shelf").contains(document.activeElement);
  showRunning(true);
  log.user(label);
  log.begin();
  log.waiting(true);
  say(t("say.thinking"));
  lasting.set("user", user);
  const body = { message: text, user_id: user, lift, diversity: Number(variety.value) / 10 };
  if (conversation) body.conversation_id = conversation;
  if (!text) body.language = language();
  try {
    for await (const piece of chat(body, stop.signal)) take(piece, label, inShelf);
  } catch (error) {
    if (running === stop) failed(error, () => turn(text, { label, lift }));
  } finally {
    if (running === stop) ended();
  }
}

function ended() {
  running = null;
  showRunning(false);
  log.waiting(false);
  cards.settle();
}

/** One piece of the reply. */
function take(piece, label, inShelf) {
  conversation = piece.conversation_id;
  passing.set("conversation", conversation);
  if (piece.kind === "text") {
    log.waiting(false);
    log.add(piece.text);
  } else if (piece.kind === "slate") {
    meet(piece.items.map((item) => [item.id, item.title]));
    showWish(label);
    cards.show(piece.decision_id, piece.items);
    byId("empty").hidden = piece.items.length > 0;
    say(`${log.text()} ${t("say.slate", { n: piece.items.length })}`);
    reveal();
    if (inShelf) byId("shelf").focus({ preventScroll: true });
  } else if (piece.kind === "reason") {
    cards.reason(piece);
  } else {
    showChips(piece.chips);
    if (piece.options.length) log.offer(answers(piece.options), t("chat.options"), turnFor);
    say(piece.decision_id ? t("say.done") : log.text());
    remember();
  }
}

const turnFor = (text, label) => {
  turn(text, { label });
  message.focus();
};

function failed(error, again) {
  if (error.name === "AbortError") {
    log.trouble(t("chat.stopped"), again);
    return;
  }
  if (error instanceof ApiError && error.status === 404 && conversation) forgetConversation();
  const lost = !(error instanceof ApiError) || error.status === 0;
  log.trouble(lost ? t("chat.lost") : error.message, again);
}

function showRunning(on) {
  const held = document.activeElement === byId("send") || document.activeElement === byId("stop");
  byId("send").hidden = on;
  byId("stop").hidden = !on;
  document.body.classList.toggle("running", on);
  if (held) message.focus();
}

function showWish(text) {
  wish.textContent = text;
  wish.hidden = !text;
}

/** The conditions in force; each can be taken out. */
function showChips(found) {
  const at = [...chipRow.querySelectorAll("button")].indexOf(document.activeElement);
  chips = found;
  chipRow.hidden = !found.length;
  chipRow.replaceChildren(
    el("span", { class: "label", "aria-hidden": "true" }, t("chips.label")),
    ...found.map((chip) =>
      el(
        "button",
        {
          type: "button", class: "chip", "data-chip": chip.id, "aria-label": t("chips.remove", { c: chip.text }),
          onclick: () => lift([chip]),
        },
        chip.text,
        icon("close"),
      ),
    ),
    found.length > 1 ? el("button", { type: "button", class: "link", onclick: () => lift(found) }, t("chips.all")) : "",
  );
  if (at >= 0) (chipRow.querySelectorAll("button")[Math.min(at, found.length - 1)] ?? message).focus();
}

function lift(some) {
  const told = some.map((chip) => chip.text).join("; ");
  turn("", { label: t("lifted", { c: told }), lift: some.map((chip) => chip.id) });
}

/** Kept for this tab, so that a reload changes nothing. */
function remember() {
  const shown = { wish: wish.textContent, decision: cards.decision, items: cards.items };
  passing.set("slate", JSON.stringify(shown));
}

function forgetConversation() {
  conversation = null;
  passing.drop("conversation");
  passing.drop("slate");
}

/** Begin again, with nothing said. */
function fresh() {
  const left = running;
  if (left) ended();
  left?.abort();
  forgetConversation();
  cards.clear();
  showChips([]);
  showWish("");
  byId("empty").hidden = false;
  log.clear();
  log.welcome(turnFor);
}

/** Go on with a conversation that is kept by the server. */
async function resume(id) {
  const slate = id === conversation ? JSON.parse(passing.get("slate") ?? "null") : null;
  let kept;
  try {
    kept = await call("GET", `v1/conversations/${part(id)}?user_id=${part(user)}`);
  } catch {
    fresh();
    return;
  }
  fresh();
  conversation = id;
  passing.set("conversation", id);
  if (!kept.turns.length) return;
  log.clear();
  for (const one of kept.turns) {
    log.user(one.message || "…");
    log.begin();
    log.add(one.reply);
  }
  const state = kept.turns.at(-1).state;
  showChips(state.chips ?? []);
  if (state.question?.options?.length) log.offer(answers(state.question.options), t("chat.options"), turnFor);
  if (!slate?.decision) return;
  meet(slate.items.map((item) => [item.id, item.title]));
  showWish(slate.wish);
  cards.show(slate.decision, slate.items);
  cards.settle();
  byId("empty").hidden = true;
  remember();
}

function submit() {
  const text = message.value.trim();
  if (!text || running) return;
  message.value = "";
  fit();
  turn(text);
}

/** As high as what is written, within reason. */
function fit() {
  message.style.height = "auto";
  message.style.height = `${Math.min(message.scrollHeight, 160)}px`;
}

byId("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
message.addEventListener("input", fit);
message.addEventListener("keydown", (event) => {
  // While Chinese is typed, Enter takes what the input method offers.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  submit();
});
byId("stop").addEventListener("click", () => running?.abort());
byId("new").addEventListener("click", () => {
  fresh();
  message.focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) running?.abort();
});
variety.addEventListener("input", showVariety);

function showVariety() {
  variety.setAttribute("aria-valuetext", t("variety.value", { n: variety.value }));
}

begin(() => {
  showVariety();
  showChips(chips);
  cards.draw();
  if (!conversation && !running) {
    log.clear();
    log.welcome(turnFor);
  }
});
showVariety();
byId("open-profile").addEventListener("click", () => profile.show());
if (conversation) resume(conversation);
else fresh();
