// The slate as cards: why, what that rests on, and what the user thinks of it.

import { ApiError, call } from "./api.js";
import { addressOf, facts, look, titleOf } from "./catalogue.js";
import { byId, el, freshId, icon } from "./dom.js";
import { has, t } from "./language.js";

/** "Clueless (1995)" as a title and a year that stands back. */
function splitTitle(title) {
  const found = /^(.+?)\s*\((\d{4})\)$/s.exec(title);
  return found ? [found[1], found[2]] : [title, null];
}

function kindOf(one) {
  if (one.kind !== "history") return t(has(`because.${one.kind}`) ? `because.${one.kind}` : "because.shared");
  if (one.near) return t("because.history.near");
  return t(one.together ? "because.history.together" : "because.history");
}

const PLAIN = new Set(["popular", "exploration", "unseen", "sponsored"]); // their label says it all

/** Evidence of one kind stands under one label. */
function groundLines(evidence) {
  const kinds = Map.groupBy(evidence, kindOf);
  return [...kinds].map(([label, some]) =>
    el(
      "li",
      {},
      el("span", { class: "label" }, label),
      some.filter((one) => !PLAIN.has(one.kind)).map((one) => el("span", { class: "fact" }, factOf(one))),
    ),
  );
}

const factOf = (one) => (one.kind === "shared" && one.item_id ? `${one.text} · ${titleOf(one.item_id)}` : one.text);

export class Cards {
  /** `say` tells screen readers; `similar` is called with the place of an item of which more is wanted. */
  constructor(list, { say, similar }) {
    this.list = list;
    this.say = say;
    this.similar = similar;
    this.decision = null;
    this.items = [];
    this.opinions = new Map(); // by item id, for this slate
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.closeGrounds();
    });
    document.addEventListener("pointerdown", (event) => {
      if (!event.target.closest?.(".grounds")) this.closeGrounds();
    });
  }

  /** Show a slate; its reasons come later. */
  show(decision, items) {
    this.decision = decision;
    this.items = items.map((item) => ({ ...item }));
    this.opinions.clear();
    this.draw();
  }

  clear() {
    this.decision = null;
    this.items = [];
    this.list.replaceChildren();
  }

  draw() {
    this.list.replaceChildren(...this.items.map((item, at) => this.card(item, at)));
    for (const [id, type] of this.opinions) this.find(id)[0]?.classList.toggle("unwanted", type !== "like");
    look(this.items.map((item) => item.id)).then((found) => this.drawFacts(found));
  }

  /** A reason was written. */
  reason(piece) {
    const item = this.items.find((one) => one.id === piece.item_id);
    if (!item) return;
    Object.assign(item, { explanation: piece.text, explanation_source: piece.source, evidence: piece.evidence });
    this.drawWhy(item);
    look(piece.evidence.map((one) => one.item_id).filter(Boolean)).then(() => this.drawWhy(item));
  }

  /** No more reasons will come. */
  settle() {
    for (const item of this.items) {
      item.settled = true;
      if (!item.explanation) this.drawWhy(item);
    }
  }

  card(item, at) {
    const [title, year] = splitTitle(item.title);
    const node = el(
      "li",
      { class: at === 0 ? "card first" : "card", "data-item": item.id },
      el("p", { class: "place", "aria-hidden": "true" }, String(at + 1)),
      el("h3", { id: `title-${at}` }, title, year ? el("span", { class: "year" }, ` ${year}`) : null),
      el("p", { class: "facts" }),
      el("div", { class: "reason" }),
      this.actions(item, at),
      el("p", { class: "trouble" }),
      el("div", { class: "grounds" }),
    );
    this.fillWhy(node, item, at);
    return node;
  }

  find(id) {
    const at = this.items.findIndex((one) => one.id === id);
    return [this.list.children[at], at];
  }

  drawFacts(found) {
    for (const item of found) {
      const [node] = this.find(item.id);
      if (!node || !item.categories) continue;
      node.querySelector(".facts").textContent = facts(item).join("  ·  ");
      const address = addressOf(item);
      if (address && !node.querySelector("h3 a")) this.link(node.querySelector("h3"), item, address);
    }
  }

  /** The title leads to the item; to follow it is a click in the log. */
  link(heading, item, address) {
    const decision = this.decision;
    const tell = () =>
      call("POST", "v1/feedback", {
        decision_id: decision, item_id: item.id, type: "click", event_id: freshId("page-"),
      }).catch(() => {}); // the tab opens all the same
    heading.replaceChildren(
      el(
        "a",
        {
          class: "open", href: address, target: "_blank", rel: "noopener noreferrer", "aria-label": t("card.open", { t: item.title }),
          onclick: tell,
        },
        ...heading.childNodes,
      ),
    );
  }

  drawWhy(item) {
    const [node, at] = this.find(item.id);
    if (node) this.fillWhy(node, item, at);
  }

  fillWhy(node, item, at) {
    const place = node.querySelector(".reason");
    if (!item.explanation) {
      place.replaceChildren(item.settled ? "" : el("p", { class: "why waiting" }, t("card.waiting")));
      return;
    }
    const paid = (item.evidence ?? []).some((one) => one.kind === "sponsored");
    place.replaceChildren(
      paid ? el("p", { class: "paid" }, t("card.sponsored")) : "",
      el("p", { class: "why" }, item.explanation),
    );
    const box = node.querySelector(".grounds");
    const held = box.contains(document.activeElement);
    box.replaceWith(this.grounds(item, at));
    if (held) node.querySelector(".evidence").focus();
  }

  /** The evidence: shown on hover and on focus, kept open by a click, closed by Esc. */
  grounds(item, at) {
    const evidence = item.evidence ?? [];
    const moved = item.prior_rank === item.rank ? "card.same" : "card.moved.up";
    const pop = el(
      "div",
      { class: "pop", id: `grounds-${at}`, hidden: true },
      evidence.length ? el("ul", {}, groundLines(evidence)) : null,
      el("p", { class: "note" }, t(moved, { a: item.prior_rank, b: item.rank })),
      el("p", { class: "note" }, t(item.explanation_source === "model" ? "card.model" : "card.template")),
    );
    const button = el(
      "button",
      {
        type: "button", class: "evidence", "aria-expanded": "false", "aria-controls": pop.id,
        "aria-describedby": pop.id,
      },
      t(evidence.length ? "card.grounds.n" : "card.grounds", { n: evidence.length }),
    );
    const box = el("div", { class: "grounds" }, button, pop);
    const set = (open) => {
      if (open) this.closeGrounds(box);
      pop.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
      if (open) pop.classList.toggle("above", button.getBoundingClientRect().bottom + pop.offsetHeight > innerHeight);
    };
    box.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && set(true));
    box.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse" && !box.contains(document.activeElement)) set(false);
    });
    button.addEventListener("focus", () => set(true));
    button.addEventListener("blur", () => set(false));
    button.addEventListener("click", () => set(true));
    return box;
  }

  closeGrounds(except) {
    for (const box of this.list.querySelectorAll(".grounds")) {
      if (box === except) continue;
      box.querySelector(".pop").hidden = true;
      box.querySelector(".evidence").setAttribute("aria-expanded", "false");
    }
  }

  actions(item, at) {
    const opinion = (type, sign, name) =>
      el(
        "button",
        {
          type: "button", class: `act ${type}`, "data-type": type, title: name,
          "aria-label": t(`card.${type}`, { t: item.title }), "aria-pressed": String(this.opinions.get(item.id) === type),
          onclick: () => this.tell(item, type),
        },
        icon(sign),
      );
    const skipName = t("card.skip");
    const similarName = t("card.similar");
    return el(
      "div",
      { class: "actions", role: "group", "aria-label": t("card.opinion", { t: item.title }) },
      opinion("like", "up", t("card.like.short")),
      opinion("dislike", "down", t("card.dislike.short")),
      el(
        "button",
        {
          type: "button", class: "act skip", "data-type": "skip", onclick: () => this.tell(item, "skip"),
          "aria-label": t("card.of", { a: skipName, t: item.title }),
          "aria-pressed": String(this.opinions.get(item.id) === "skip"),
        },
        skipName,
      ),
      el(
        "button",
        {
          type: "button", class: "act similar", onclick: () => this.similar(at + 1, item.title),
          "aria-label": t("card.of", { a: similarName, t: item.title }),
        },
        similarName,
      ),
    );
  }

  /** Send an opinion; the card shows it once it is stored. The same event id makes a second try harmless. */
  async tell(item, type) {
    const [node] = this.find(item.id);
    const reward = { decision_id: this.decision, item_id: item.id, type, event_id: freshId("page-") };
    try {
      await call("POST", "v1/feedback", reward).catch((error) => {
        if (error instanceof ApiError) throw error;
        return call("POST", "v1/feedback", reward);
      });
    } catch (error) {
      const told = t("card.failed", { e: error.message });
      node.querySelector(".trouble").textContent = told;
      this.say(told);
      return;
    }
    if (this.decision !== reward.decision_id) return; // another slate came meanwhile
    this.opinions.set(item.id, type);
    node.querySelector(".trouble").textContent = "";
    node.classList.toggle("unwanted", type !== "like");
    for (const button of node.querySelectorAll("[data-type]")) {
      button.setAttribute("aria-pressed", String(button.dataset.type === type));
    }
    this.say(t(`card.noted.${type}`));
  }
}

/** Scroll to the suggestions where they are out of sight, as on a phone. */
export function reveal() {
  if (byId("cards").getBoundingClientRect().top > innerHeight * 0.7) byId("shelf").scrollIntoView({ block: "start" });
}
