// What is known of items beyond what a slate holds, asked of the server once for each.

import { call, part } from "./api.js";
import { has, number, t } from "./language.js";

const known = new Map();
const MOST = 100; // ids in one call

/** Remember titles that were told, `[id, title]` each. */
export function meet(titles) {
  for (const [id, title] of titles) if (!known.has(id)) known.set(id, { id, title });
}

/** The items of these ids, as far as the catalogue has them; never fails, as a page without it is still of use. */
export async function look(ids) {
  const missing = [...new Set(ids)].filter((id) => !known.get(id)?.categories);
  for (let at = 0; at < missing.length; at += MOST) {
    const query = missing.slice(at, at + MOST).map((id) => `id=${part(id)}`).join("&");
    try {
      for (const item of (await call("GET", `v1/items?${query}`)).items) known.set(item.id, item);
    } catch {
      break;
    }
  }
  return ids.map((id) => known.get(id)).filter(Boolean);
}

export const titleOf = (id) => known.get(id)?.title ?? id;

export function forget() {
  known.clear();
}

/** What is said under a title: categories and short attributes, never a long list. */
export function facts(item) {
  const told = [...(item.categories ?? [])].slice(0, 3);
  for (const [name, value] of Object.entries(item.attributes ?? {})) {
    if (typeof value === "boolean") continue;
    const text = Array.isArray(value) ? value.slice(0, 2).join(", ") : String(value);
    if (!text || text.length > 40 || (name === "year" && item.title.includes(text))) continue;
    if (name === "year" || typeof value !== "number") told.push(text);
    else told.push(has(`fact.${name}`) ? t(`fact.${name}`, { v: number(value) }) : `${name} ${number(value)}`);
  }
  return told.slice(0, 6);
}

/** Where an item is to be had; only addresses of the web, as the catalogue is not to be trusted with `javascript:`. */
export function addressOf(item) {
  try {
    const url = new URL(item.url ?? "");
    return ["https:", "http:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
