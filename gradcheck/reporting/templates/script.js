
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const items = [...document.querySelectorAll(".item")];
  const once = items.filter((item) => !item.classList.contains("echo"));
  const groups = [...document.querySelectorAll("main section")];
  const details = [...document.querySelectorAll("main details")];
  const query = byId("query");
  const verdict = byId("verdict");
  const order = byId("order");
  const unfold = byId("unfold");
  const count = byId("count");
  const texts = new Map();
  const first = new Map(items.map((item, place) => [item, place]));

  const name = (item) => item.dataset.id ?? item.id;

  const textOf = (item) => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };

  const wanted = (item, words, kind) => {
    if (kind === "odd" && item.dataset.odd !== "yes") return false;
    if (kind && kind !== "odd" && item.dataset.verdict !== kind) return false;
    return words.every((word) => textOf(item).includes(word));
  };

  const filter = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of items) item.hidden = !wanted(item, words, verdict.value);
    for (const group of groups) {
      const own = group.querySelectorAll(".item");
      if (own.length) group.hidden = [...own].every((item) => item.hidden);
    }
    const shown = once.filter((item) => !item.hidden).length;
    count.textContent = shown === once.length ? `${shown} shown` : `${shown} of ${once.length} shown`;
  };

  const sort = () => {
    const key = order.value;
    const before = (a, b) => {
      if (key === "id") return name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0;
      if (key) return Number(b.dataset[key]) - Number(a.dataset[key]) || first.get(a) - first.get(b);
      return first.get(a) - first.get(b);
    };
    for (const list of document.querySelectorAll("table.rules, .ones")) {
      list.append(...[...list.children].filter((child) => first.has(child)).sort(before));
    }
  };

  const fold = (open) => {
    for (const part of details) part.open = open;
    unfold.setAttribute("aria-pressed", String(open));
    unfold.textContent = open ? "Fold all" : "Unfold all";
  };

  const visit = () => {
    let id = "";
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    const target = id ? byId(id) : null;
    if (!target) return;
    if (target.closest("[hidden]") && target.id !== "filters") {
      query.value = "";
      verdict.value = "";
      filter();
    }
    const inner = target.matches("details") ? target : target.querySelector(":scope > .more details, :scope > details");
    if (inner) inner.open = true;
    target.scrollIntoView();
  };

  query.addEventListener("input", filter);
  verdict.addEventListener("change", filter);
  order.addEventListener("change", sort);
  unfold.addEventListener("click", () => fold(unfold.getAttribute("aria-pressed") !== "true"));
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", visit);
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = details.filter((part) => !part.open);
    for (const part of opened) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of opened) part.open = false;
  });
  byId("filters").hidden = false;
  filter();
  visit();
})();
