"use strict";
// Names come from tiers and callers: they are written by textContent only, never as HTML.
(() => {
  const REFRESH_MS = 5000;
  const settings = document.body.dataset;
  const byId = (id) => document.getElementById(id);
  const number = new Intl.NumberFormat("en");
  let key = "";
  let isPaused = false;
  let asked = 0;

  const element = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text) {
      made.textContent = text;
    }
    if (className) {
      made.className = className;
    }
    return made;
  };

  const duration = (ms) => {
    const seconds = Math.ceil(ms / 1000);
    const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
    const first = parts.findIndex(([length]) => seconds >= length);
    if (first < 0) {
      return "0 s";
    }
    const [length, unit] = parts[first];
    const rest = first + 1 < parts.length ? Math.floor((seconds % length) / parts[first + 1][0]) : 0;
    return Math.floor(seconds / length) + " " + unit + (rest > 0 ? " " + rest + " " + parts[first + 1][1] : "");
  };

  // Money is counted in billionths of a dollar.
  const amount = (units, unit) => unit === "nano-usd"
      ? "$" + (units / 1e9).toFixed(2)
      : number.format(units);

  const reset = (limit) => {
    if (limit["period-end"]) {
      return "resets " + new Date(limit["period-end"]).toLocaleString("en",
          {dateStyle: "medium", timeStyle: "short", timeZone: "UTC"}) + " UTC";
    }
    if (limit["reset-after-ms"] === undefined) {
      return "never resets";
    }
    return limit["reset-after-ms"] === 0 ? "nothing counts" : "free again in " + duration(limit["reset-after-ms"]);
  };

  const item = (limit) => {
    const all = limit.most + limit.granted;
    const share = all > 0 ? limit.used / all : 0;
    const li = element("li", "", share >= 1 ? "full" : share >= 0.8 ? "near" : "");
    const name = element("div", "", "name");
    const whose = limit.member === undefined ? "" : " of " + limit["member-kind"] + " " + limit.member;
    const title = element("div");
    title.append(element("strong", limit.scope + whose));
    // One scope has a limit in several tables. A group often has the name of its table.
    if (limit.table !== limit.scope) {
      title.append(" ", element("small", limit.table));
    }
    name.append(title);
    const unit = limit.unit === "nano-usd" ? "" : limit.unit + ": ";
    const used = unit + amount(limit.used, limit.unit) + " of " + amount(all, limit.unit) + " used";
    name.append(element("span", used + (share >= 1 ? " (used up)" : "")));
    const bar = element("progress");
    bar.max = Math.max(1, all);
    bar.value = Math.min(limit.used, bar.max);
    bar.setAttribute("aria-label", title.textContent + ": " + used);
    const details = [limit.limit, amount(limit.remaining, limit.unit) + " left", reset(limit)];
    if (limit.granted > 0) {
      details.push(amount(limit.granted, limit.unit) + " granted");
    }
    if (limit.overrun > 0) {
      details.push(amount(limit.overrun, limit.unit) + " overrun");
    }
    if (limit.shadow) {
      details.push("shadow: refuses nothing");
    }
    li.append(name, bar, element("p", details.join(" · "), "detail"));
    return li;
  };

  const section = (caller) => {
    const made = element("section");
    const heading = element("h2", caller.organization + " ");
    heading.append(element("small", "tier " + caller.tier));
    made.append(heading);
    // A limit of single calls counts nothing.
    const counted = caller.limits.filter((limit) => !limit.limit.endsWith(" per call"));
    const list = element("ul");
    counted.forEach((limit) => list.append(item(limit)));
    made.append(counted.length > 0 ? list : element("p", "This tier has no limits."));
    return made;
  };

  const show = (message, callers) => {
    if (byId("message").textContent !== message) {
      byId("message").textContent = message; // a screen reader says it once
    }
    byId("callers").replaceChildren(...callers.map(section));
    byId("refresh").hidden = callers.length === 0;
  };

  const ask = async () => {
    const mine = ++asked;
    try {
      const headers = key === "" ? {} : {[settings.field]: settings.scheme + key};
      const response = await fetch(settings.usage, {headers, cache: "no-store"});
      const body = await response.json();
      if (mine !== asked) {
        return; // another key was given meanwhile
      }
      if (response.ok) {
        byId("time").textContent = "As of " + new Date().toLocaleTimeString("en");
        show("", body.callers);
      } else {
        show(key === "" && response.status === 401 ? "Give a key to see its limits." : body.detail, []);
      }
    } catch (failure) {
      if (mine === asked) {
        show("The usage cannot be read at the moment.", []);
      }
    }
  };

  byId("who").addEventListener("submit", (event) => {
    event.preventDefault();
    key = byId("key").value.trim();
    ask();
  });
  byId("pause").addEventListener("click", () => {
    isPaused = !isPaused;
    byId("pause").setAttribute("aria-pressed", String(isPaused));
    byId("pause").textContent = isPaused ? "Go on" : "Pause";
  });
  setInterval(() => {
    if (!isPaused && !document.hidden && !byId("refresh").hidden) {
      ask();
    }
  }, REFRESH_MS);
  ask();
})();
