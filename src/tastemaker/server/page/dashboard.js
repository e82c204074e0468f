// The figures: each with its interval and what it was divided by, drawn, and as a table.

import { call } from "./api.js";
import { bar, columns, interval, LEAST_COLUMNS, table } from "./charts.js";
import { BOARD_WORDS } from "./dashboard_words.js";
import { byId, el } from "./dom.js";
import { addWords, has, language, number, t } from "./language.js";
import { begin } from "./shell.js";

const board = byId("board");
const SIGNED = "mean rated reward"; // the only figure that can be below 0
let told = null;

const percent = (value) => number(value, { style: "percent", maximumFractionDigits: 1 });
const score = (value) => number(value, { maximumFractionDigits: 2, signDisplay: "exceptZero" });
const small = (value) => number(value, { maximumFractionDigits: 3, signDisplay: "exceptZero" });
const seconds = (value) => `${number(value, { maximumFractionDigits: value < 10 ? 2 : 0 })} s`;
const plain = (value) => number(value);

const panel = (name, size, ...children) =>
  el(
    "section",
    { class: `panel ${size}`, "aria-labelledby": `panel-${name}` },
    el("h2", { id: `panel-${name}` }, t(`board.${name}`)),
    ...children,
  );

const empty = (text) => el("p", { class: "none" }, text);

/** An interval that can be drawn; null where all are alike, so that there is nothing to draw one from. */
const drawn = ([low, high]) => (low !== null && low < high ? [low, high] : null);

/** One rate: the value, its interval, what it was divided by. */
function tile(metric) {
  const key = metric.name.replaceAll(" ", "_");
  const name = has(`metric.${key}`) ? t(`metric.${key}`) : metric.name;
  const meaning = has(`means.${key}`) ? el("p", { class: "note" }, t(`means.${key}`)) : "";
  const unit = has(`unit.${metric.unit}`) ? t(`unit.${metric.unit}`) : metric.unit;
  const head = [el("h3", {}, name), meaning];
  if (metric.value === null) {
    return el("li", { class: "tile" }, ...head, empty(t(has(`none.${key}`) ? `none.${key}` : "none.metric")));
  }
  const write = metric.name === SIGNED ? score : percent;
  const ci = drawn(metric.ci);
  const range = ci ? t("board.interval", { a: write(ci[0]), b: write(ci[1]) }) : t("board.interval.none");
  const of = t("board.of", { n: plain(metric.denominator), u: unit });
  return el(
    "li",
    { class: "tile" },
    ...head,
    el("p", { class: "big" }, write(metric.value)),
    interval(metric.value, ci, metric.name === SIGNED ? -1 : 0, 1, `${name}: ${write(metric.value)}. ${range}. ${of}`),
    el("p", { class: "note" }, `${range} · ${of}`),
  );
}

function rates() {
  const rows = told.metrics.map((one) => {
    const write = one.name === SIGNED ? score : percent;
    const cell = (value) => (value === null ? "–" : write(value));
    const key = `metric.${one.name.replaceAll(" ", "_")}`;
    return [has(key) ? t(key) : one.name, cell(one.value), cell(one.ci[0]), cell(one.ci[1]), plain(one.denominator)];
  });
  const heads = ["figure", "value", "low", "high", "divisor"].map((name) => t(`head.${name}`));
  return panel(
    "rates", "full",
    el("ul", { class: "tiles" }, told.metrics.map(tile), diversity()),
    table(t("board.rates"), heads, rows),
  );
}

function diversity() {
  const head = [el("h3", {}, t("metric.diversity")), el("p", { class: "note" }, t("means.diversity"))];
  if (told.diversity === null) return el("li", { class: "tile" }, ...head, empty(t("none.diversity")));
  const value = number(told.diversity, { maximumFractionDigits: 2 });
  const note = t("board.slates");
  return el(
    "li",
    { class: "tile" },
    ...head,
    el("p", { class: "big" }, value),
    interval(told.diversity, null, 0, 1, `${t("metric.diversity")}: ${value}. ${note}`),
    el("p", { class: "note" }, note),
  );
}

function days() {
  if (!told.days.length) return panel("days", "wide", empty(t("none.days")));
  const shown = told.days.slice(-30);
  const date = (day) =>
    new Date(`${day}T00:00:00Z`).toLocaleDateString(language() === "zh" ? "zh-CN" : "en", {
      month: "short", day: "numeric", timeZone: "UTC",
    });
  const rows = shown.map((one) => [
    date(one.day), plain(one.decisions), plain(one.impressions), plain(one.opened), plain(one.up), plain(one.down),
  ]);
  const total = (name) => shown.reduce((sum, one) => sum + one[name], 0);
  const label = t("board.days.label", { n: shown.length, i: plain(total("impressions")), o: plain(total("opened")) });
  return panel(
    "days", "wide",
    el(
      "p",
      { class: "legend" },
      el("span", { class: "key whole" }, t("head.impressions")),
      el("span", { class: "key part" }, t("head.opened")),
    ),
    columns(shown.map((one) => ({ whole: one.impressions, part: one.opened })), label),
    ends(shown.length, date(shown[0].day), date(shown.at(-1).day)),
    table(t("board.days"), ["day", "decisions", "impressions", "opened", "up", "down"].map((one) => t(`head.${one}`)), rows),
  );
}

/** The first and the last day under their columns. */
function ends(n, first, last) {
  const line = el("p", { class: "ends", "aria-hidden": "true" }, el("span", {}, first), n > 1 ? el("span", {}, last) : "");
  line.style.width = `${(100 * n) / Math.max(n, LEAST_COLUMNS)}%`;
  return line;
}

function bars(rows, most) {
  return el(
    "ul",
    { class: "bars" },
    rows.map(([name, value, text]) =>
      el(
        "li",
        {},
        el("span", { class: "name" }, name),
        el("span", { class: "value" }, text),
        bar(value, most, `${name}: ${text}`),
      ),
    ),
  );
}

function latency() {
  const { decisions, ...quantiles } = told.latency;
  const found = Object.entries(quantiles).filter(([, value]) => value !== null);
  if (!found.length) return panel("latency", "narrow", empty(t("none.latency")));
  const rows = found.map(([name, value]) => [name, value, seconds(value)]);
  return panel(
    "latency", "narrow",
    bars(rows, Math.max(...rows.map(([, value]) => value))),
    el("p", { class: "note" }, t("board.latency.of", { n: plain(decisions) })),
    table(t("board.latency"), [t("head.quantile"), t("head.seconds")], rows.map(([name, , text]) => [name, text])),
  );
}

function degraded() {
  const found = Object.entries(told.degraded);
  if (!told.decisions) return panel("degraded", "narrow", empty(t("none.decisions")));
  if (!found.length) return panel("degraded", "narrow", empty(t("none.degraded", { n: plain(told.decisions) })));
  const rows = found
    .sort((a, b) => b[1] - a[1])
    .map(([name, n]) => [
      has(`reason.${name}`) ? t(`reason.${name}`) : name, n, `${plain(n)} (${percent(n / told.decisions)})`,
    ]);
  return panel(
    "degraded", "narrow",
    bars(rows, told.decisions),
    el("p", { class: "note" }, t("board.degraded.of", { n: plain(told.decisions) })),
    table(t("board.degraded"), [t("head.reason"), t("head.decisions")], rows.map(([name, , text]) => [name, text])),
  );
}

function experiments() {
  if (!told.experiments.length) {
    return panel("experiments", "wide", empty(t("none.experiments")), el("pre", { tabindex: "0" }, t("none.experiments.command")));
  }
  return panel("experiments", "wide", ...told.experiments.map(experiment));
}

const MEASURES = { ctr: percent, reward: small };
const SCALES = [0.05, 0.1, 0.25, 0.5, 1]; // the first that holds all arms, so that none looks like all there is

/** The arms by one measure, each with its whiskers, on one scale. */
function measured(arms, name) {
  const write = MEASURES[name];
  const reach = Math.max(...arms.flatMap(([, arm]) => [arm[name].value, ...arm[name].ci]).map((one) => Math.abs(one ?? 0)));
  const most = SCALES.find((one) => one >= reach) ?? 1;
  const least = name === "ctr" ? 0 : -most;
  const row = ([variant, arm]) => {
    const { value, denominator } = arm[name];
    if (value === null) return el("li", {}, el("span", { class: "name" }, variant), empty("–"));
    const ci = drawn(arm[name].ci);
    const blanks = { v: write(value), a: ci && write(ci[0]), b: ci && write(ci[1]), n: plain(denominator) };
    const text = t(ci ? "board.arm" : "board.arm.none", blanks);
    return el(
      "li",
      {},
      el("span", { class: "name" }, variant),
      interval(value, ci, least, most, `${variant}, ${t(`arm.${name}`)}: ${text}`),
      el("p", { class: "note" }, text),
    );
  };
  return el(
    "div",
    {},
    el("h4", {}, t(`arm.${name}`)),
    el("p", { class: "note" }, `${t(`means.arm.${name}`)} · ${t("board.scale", { a: write(least), b: write(most) })}`),
    el("ul", { class: "arms" }, arms.map(row)),
  );
}

function experiment(one) {
  const arms = Object.entries(one.variants);
  const since = new Date(one.started_at).toLocaleDateString(language() === "zh" ? "zh-CN" : "en", { dateStyle: "medium" });
  const heads = ["variant", "users", "decisions", "impressions", "opened", "rate", "low", "high", "reward", "low", "high"];
  const cell = (write, value) => (value === null ? "–" : write(value));
  const rows = arms.map(([variant, arm]) => [
    variant, plain(arm.users), plain(arm.decisions), plain(arm.impressions), plain(arm.opened),
    ...Object.entries(MEASURES).flatMap(([name, write]) => [arm[name].value, ...arm[name].ci].map((value) => cell(write, value))),
  ]);
  const found = [
    el("div", { class: "measures" }, Object.keys(MEASURES).map((name) => measured(arms, name))),
    el("p", { class: "note" }, t("board.verdict")),
    el("pre", { tabindex: "0" }, `tastemaker ab report ${one.name}`),
    table(one.name, heads.map((name) => t(`head.${name}`)), rows),
  ];
  return el(
    "div",
    { class: "experiment" },
    el("h3", {}, one.name),
    one.hypothesis ? el("p", {}, one.hypothesis) : "",
    el("p", { class: "note" }, t("board.since", { d: since })),
    ...(arms.length ? found : [empty(t("none.exposures"))]),
  );
}

function draw() {
  if (!told) return;
  const open = [...board.querySelectorAll("details")].map((one) => one.open);
  const when = new Date(told.until).toLocaleTimeString(language() === "zh" ? "zh-CN" : "en", { timeStyle: "short" });
  byId("as-of").textContent = told.decisions
    ? t("board.as-of", { n: plain(told.decisions), t: when })
    : t("board.nothing");
  board.replaceChildren(rates(), days(), latency(), experiments(), degraded());
  board.querySelectorAll("details").forEach((one, n) => {
    one.open = open[n] ?? false;
  });
}

async function load() {
  byId("as-of").textContent = t("board.loading");
  try {
    told = await call("GET", `v1/dashboard?matured=${byId("matured").value}`);
    draw();
  } catch (error) {
    byId("as-of").textContent = t("board.failed", { e: error.message });
  }
}

addWords(BOARD_WORDS);
begin(draw);
byId("refresh").addEventListener("click", load);
byId("matured").addEventListener("change", load);
load();
