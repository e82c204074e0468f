// The panel that shows all that is known of the user, and lets them correct, take away or erase it.

import { call, part } from "./api.js";
import { forget, meet, titleOf } from "./catalogue.js";
import { byId, el } from "./dom.js";
import { has, number, t } from "./language.js";

const CATEGORIES = 12; // the strongest; the rest say little

export class Profile {
  /** `host`: `user()` names the user, `rename(name)` takes another name, `erased()` and `open(id)` act on the page behind. */
  constructor(dialog, host) {
    this.dialog = dialog;
    this.host = host;
    this.body = byId("profile-body");
    byId("close-profile").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close(); // beside the panel
    });
  }

  get door() {
    return `v1/users/${part(this.host.user())}`;
  }

  async show() {
    this.note("");
    this.body.replaceChildren();
    this.dialog.showModal();
    await this.load();
  }

  note(text) {
    byId("profile-status").textContent = text;
  }

  /** Do something, then show what is known now; what goes wrong is said. */
  async act(work, said) {
    this.note(""); // so that the same words are told again
    try {
      await work();
      await this.load();
      this.note(said);
    } catch (error) {
      this.note(error.message);
    }
  }

  async load() {
    const [answer, listed] = await Promise.all([
      this.unlessUnknown(() => call("GET", this.door), null),
      this.unlessUnknown(() => call("GET", `v1/conversations?user_id=${part(this.host.user())}`), { conversations: [] }),
    ]);
    const known = answer?.profile;
    const talks = listed.conversations.filter((one) => one.turns > 0);
    if (known) meet(Object.entries(answer.titles));
    const held = document.activeElement?.dataset?.key;
    this.body.replaceChildren(
      el("p", { class: "intro" }, t("me.intro")),
      this.named(),
      ...(known ? this.tastes(known) : [el("p", { class: "nothing" }, t("me.unknown"))]),
      ...this.talks(talks),
      this.data(known || talks.length > 0),
    );
    // Drawn anew, the panel gives the focus back to the control that had it, or to what now stands first.
    if (held) (this.body.querySelector(`[data-key="${CSS.escape(held)}"]`) ?? byId("close-profile")).focus();
  }

  async unlessUnknown(work, otherwise) {
    try {
      return await work();
    } catch (error) {
      if (error.status !== 404) this.note(error.message);
      return otherwise;
    }
  }

  named() {
    const input = el("input", {
      id: "me-id", value: this.host.user(), autocomplete: "off", spellcheck: "false", maxlength: 256, required: true,
      pattern: "[^\\s\\/\\\\]+",
    });
    return el(
      "form",
      {
        class: "named",
        onsubmit: (event) => {
          event.preventDefault();
          this.host.rename(input.value.trim());
          this.act(async () => {}, t("me.saved"));
        },
      },
      el("label", { for: "me-id" }, t("me.id")),
      el("div", { class: "row" }, input, el("button", { class: "plain", "data-key": "switch" }, t("me.switch"))),
    );
  }

  section(title, ...children) {
    return el("section", {}, el("h3", {}, title), ...children);
  }

  tastes(known) {
    return [
      this.section(
        t("me.tastes"),
        el("p", { class: "note" }, t("me.tastes.hint")),
        el("ul", { class: "tastes" }, this.categories(known)),
        this.another(known),
      ),
      ...this.things(known.liked, "me.liked"),
      ...this.things(known.unwanted, "me.unwanted"),
      ...(known.searches.length
        ? [this.section(t("me.searches"), el("p", { class: "quotes" }, known.searches.slice(-8).map((one) => `“${one}”`).join("  ")))]
        : []),
      this.languages(known),
      ...this.limits(known),
    ];
  }

  categories(known) {
    const shown = known.interests.slice(0, CATEGORIES);
    const most = Math.max(...shown.map((one) => Math.abs(one.weight)), 1e-9);
    const avoided = known.avoided.map((category) => ({ category, weight: 0, item_ids: [] }));
    return [...shown, ...avoided].map((one) => {
      const off = known.avoided.includes(one.category);
      const bar = el("span", { class: one.weight < 0 ? "bar against" : "bar", "aria-hidden": "true" });
      bar.style.setProperty("--part", String(Math.abs(one.weight) / most));
      const share = number(one.weight, { style: "percent", signDisplay: "exceptZero" });
      return el(
        "li",
        {},
        el("span", { class: "name" }, one.category),
        bar,
        el("span", { class: "share" }, off ? t("me.avoided") : `${share} · ${t("me.from", { n: one.item_ids.length })}`),
        el(
          "button",
          {
            type: "button", role: "switch", class: "switch", "aria-checked": String(off), "data-key": `avoid ${one.category}`,
            "aria-label": t("me.avoid.of", { c: one.category }), onclick: () => this.avoid(known, one.category, !off),
          },
          el("span", { "aria-hidden": "true" }, t("me.avoid")),
        ),
      );
    });
  }

  avoid(known, category, on) {
    const avoided = on ? [...known.avoided, category] : known.avoided.filter((one) => one !== category);
    this.act(() => call("PATCH", this.door, { avoided }), t("me.saved"));
  }

  /** A category that nothing is known of can be avoided too. */
  another(known) {
    const input = el("input", { id: "me-avoid", autocomplete: "off", required: true, maxlength: 200 });
    return el(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          this.avoid(known, input.value.trim(), true);
        },
      },
      el("label", { for: "me-avoid" }, t("me.avoid.add")),
      el("div", { class: "row" }, input, el("button", { class: "plain", "data-key": "another" }, t("me.add"))),
    );
  }

  things(ids, title) {
    if (!ids.length) return [];
    const rows = [...ids].reverse().map((id) =>
      el(
        "li",
        {},
        el("span", { class: "name" }, titleOf(id)),
        el(
          "button",
          {
            type: "button", class: "link", "data-key": `forget ${id}`, "aria-label": t("me.forget.of", { t: titleOf(id) }),
            onclick: () => this.act(() => call("DELETE", `${this.door}/items/${part(id)}`), t("me.forgot", { t: titleOf(id) })),
          },
          t("me.forget"),
        ),
      ),
    );
    return [this.section(t(title), el("ul", { class: "things" }, rows))];
  }

  languages(known) {
    const choices = [["", t("me.language.auto")], ["en", "English"], ["zh", "中文"], ["zh-hant", "繁體中文"]];
    const select = el(
      "select",
      {
        id: "me-language", "data-key": "language",
        onchange: (event) => {
          const languages = event.target.value ? [event.target.value] : [];
          this.act(() => call("PATCH", this.door, { languages }), t("me.saved"));
        },
      },
      choices.map(([value, name]) => el("option", { value, selected: (known.languages[0] ?? "") === value }, name)),
    );
    return el("section", { class: "row spread" }, el("label", { for: "me-language" }, t("me.language")), select);
  }

  limits(known) {
    const told = Object.entries(known.constraints);
    if (!told.length) return [];
    const rows = told.map(([field, wanted]) => el("li", {}, el("code", {}, `${field}: ${JSON.stringify(wanted)}`)));
    const clear = el(
      "button",
      {
        type: "button", class: "link", "data-key": "limits",
        onclick: () => this.act(() => call("PATCH", this.door, { constraints: {} }), t("me.saved")),
      },
      t("me.limits.clear"),
    );
    return [this.section(t("me.limits"), el("ul", { class: "things" }, rows), clear)];
  }

  talks(found) {
    if (!found.length) return [];
    const rows = found.slice(0, 10).map((one) =>
      el(
        "li",
        {},
        el(
          "button",
          {
            type: "button", class: "link name",
            onclick: () => {
              this.dialog.close();
              this.host.open(one.id);
            },
          },
          one.message || one.id,
        ),
        el("span", { class: "share" }, t("me.turns", { n: one.turns })),
      ),
    );
    return [this.section(t("me.conversations"), el("ul", { class: "things" }, rows))];
  }

  /** Take it all away, or with you. */
  data(any) {
    const sure = el("div", { class: "sure", hidden: true });
    const erase = el(
      "button",
      {
        type: "button", class: "plain grave", "data-key": "erase", "aria-expanded": "false",
        onclick: () => {
          sure.hidden = false;
          erase.setAttribute("aria-expanded", "true");
          sure.querySelector("button").focus();
        },
      },
      t("me.erase"),
    );
    const no = el(
      "button",
      {
        type: "button", class: "plain",
        onclick: () => {
          sure.hidden = true;
          erase.setAttribute("aria-expanded", "false");
          erase.focus();
        },
      },
      t("me.erase.no"),
    );
    const yes = el("button", { type: "button", class: "strong grave", onclick: () => this.erase() }, t("me.erase.yes"));
    sure.append(el("p", {}, t("me.erase.sure", { id: this.host.user() })), el("div", { class: "row" }, no, yes));
    const take = el(
      "button",
      { type: "button", class: "plain", "data-key": "export", disabled: !any, onclick: () => this.act(() => this.take(), "") },
      t("me.export"),
    );
    return this.section(t("me.data"), el("div", { class: "row" }, take, erase), sure);
  }

  /** Hand the export over as a file. */
  async take() {
    const told = await call("GET", `${this.door}/export`);
    const url = URL.createObjectURL(new Blob([JSON.stringify(told, null, 2)], { type: "application/json" }));
    el("a", { href: url, download: `tastemaker-${this.host.user()}.json` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  async erase() {
    let gone;
    try {
      gone = await call("DELETE", this.door);
    } catch (error) {
      if (error.status !== 404) {
        this.note(error.message);
        return;
      }
      gone = null;
    }
    forget();
    this.host.erased();
    await this.load();
    byId("close-profile").focus();
    this.note(gone ? `${t("me.erased")}: ${this.counts(gone)}` : t("me.erased.none"));
  }

  /** What the server says that it erased, without what there was none of. */
  counts(told) {
    return Object.entries(told)
      .flatMap(([name, value]) => {
        if (value !== null && typeof value === "object" && !Array.isArray(value)) return this.counts(value);
        if (!has(`gone.${name}`) || !value) return [];
        const words = t(`gone.${name}`);
        return [value === true ? words : t("gone.of", { n: number(value), w: words })];
      })
      .filter(Boolean)
      .join(" · ");
  }
}
