// The conversation's column: what was said, as it comes, and the answers that a question offers.

import { el } from "./dom.js";
import { t } from "./language.js";

export class Log {
  constructor(node) {
    this.node = node;
    this.reply = null;
    this.far = false; // scrolled away from the end by hand
    node.addEventListener("scroll", () => {
      this.far = node.scrollHeight - node.scrollTop - node.clientHeight > 80;
    });
  }

  clear() {
    this.node.replaceChildren();
    this.reply = null;
  }

  /** The greeting, with a few ways to begin. */
  welcome(choose) {
    this.begin();
    this.add(t("chat.welcome"));
    const starters = ["starter.1", "starter.2", "starter.3"].map((name) => ({ label: t(name), message: t(name) }));
    this.offer(starters, t("chat.starters"), choose);
  }

  user(text) {
    this.withdraw();
    this.node.append(
      el("div", { class: "said you" }, el("p", { class: "hidden" }, t("chat.you")), el("p", { class: "words" }, text)),
    );
    this.toEnd(true);
  }

  /** A reply begins. */
  begin() {
    this.words = el("p", { class: "words" });
    this.reply = el("div", { class: "said me" }, el("p", { class: "hidden" }, t("chat.me")), this.words);
    this.node.append(this.reply);
    this.toEnd();
  }

  waiting(on) {
    this.reply?.classList.toggle("waiting", on);
  }

  /** More of the reply. */
  add(text) {
    this.words.textContent = (this.words.textContent + text).replace(/^\s+/, "");
    this.toEnd();
  }

  /** The reply so far. */
  text() {
    return this.words?.textContent.trim() ?? "";
  }

  /** Buttons that say something in the user's stead. */
  offer(options, label, choose) {
    if (!options.length) return;
    const buttons = options.map((one) =>
      el("button", { type: "button", class: "pill", onclick: () => choose(one.message, one.label) }, one.label),
    );
    this.reply.append(el("div", { class: "options", role: "group", "aria-label": label }, buttons));
    this.toEnd();
  }

  /** Options of a question count for the next answer only. */
  withdraw() {
    for (const one of this.node.querySelectorAll(".options, .trouble")) one.remove();
  }

  trouble(text, retry) {
    this.reply ??= this.node;
    this.reply.append(
      el(
        "div",
        { class: "trouble", role: "alert" },
        el("p", {}, text),
        retry ? el("button", { type: "button", class: "pill", onclick: retry }, t("chat.retry")) : null,
      ),
    );
    this.toEnd(true);
  }

  toEnd(always = false) {
    if (always || !this.far) this.node.scrollTop = this.node.scrollHeight;
  }
}

/** What is said for an option: its own words, or its place where those are a range of numbers. */
export const answers = (options) => [
  ...options.map((label, at) => ({
    label: label.replace(/^<\s*/, "< ").replace(/^>\s*/, "> ").replace(/(\d)-(\d)/, "$1–$2"),
    message: /^[<>]|\d-\d/.test(label) ? t("option.nth", { n: at + 1 }) : label,
  })),
  { label: t("option.other"), message: t("option.other") },
];
