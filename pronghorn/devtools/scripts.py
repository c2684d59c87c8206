"""The scripts of the pages, embedded in them. Everything can be read without them."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

__all__ = ["FILTER_SCRIPT", "RELOAD_SCRIPT", "SCRIPT_HASHES"]

FILTER_SCRIPT = """
(() => {
  "use strict";
  const field = document.getElementById("filter");
  if (!field) return;
  const rows = [...document.querySelectorAll("tr[data-find]")];
  const counts = [...document.querySelectorAll("[data-count]")];
  const absent = document.getElementById("absent");
  const others = document.getElementById("others");
  const kept = "pronghorn-filter", focused = "pronghorn-focused";

  function apply() {
    const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const shown = {};
    for (const row of rows) {
      row.hidden = !words.every((word) => row.dataset.find.includes(word));
      const table = row.closest("table").id;
      shown[table] = (shown[table] || 0) + !row.hidden;
    }
    for (const count of counts) {
      const all = count.dataset.total, some = shown[count.dataset.count] || 0;
      count.textContent = words.length ? `${some} of ${all}` : all;
    }
    absent.hidden = !words.length || rows.some((row) => !row.hidden);
    if (others && words.length) others.open = Boolean(shown["other-routes"]);
    sessionStorage.setItem(kept, field.value);
  }

  field.parentElement.hidden = false;
  field.value = sessionStorage.getItem(kept) || "";
  field.addEventListener("input", apply);
  field.addEventListener("focus", () => sessionStorage.setItem(focused, "1"));
  field.addEventListener("blur", () => sessionStorage.removeItem(focused));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    field.value = "";
    apply();
    field.blur();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
  if (sessionStorage.getItem(focused)) field.focus();
  apply();
})();
"""
"""Filters the rows of the routes. The text stays over a refresh of the page in the same tab."""

RELOAD_SCRIPT = """
(() => {
  "use strict";
  const { address, id, again } = document.body.dataset;
  const line = document.getElementById("state");
  const PROXY = [502, 503, 504];
  let asking = false, over = false;

  function change() {
    over = true;
    if (again) location.reload();
    else line.textContent = "The program has changed: send the request again.";
  }

  async function look() {
    if (asking || over) return;
    asking = true;
    try {
      const signal = AbortSignal.timeout(20000);
      const answer = await fetch(address, { cache: "no-store", signal });
      if (answer.headers.get("x-pronghorn-broken") === id) line.textContent = line.dataset.text;
      else if (!PROXY.includes(answer.status)) change();
    } catch {
      line.textContent = "The program starts again.";
    } finally {
      asking = false;
    }
  }

  setInterval(look, 1000);
  document.addEventListener("visibilitychange", look);
})();
"""
"""Asks every second whether the program still has the error of the page, and reloads it if not.

A connection that stays open would hold the server when it restarts, so there is none.
"""

SCRIPT_HASHES = tuple(
    f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
    for script in (FILTER_SCRIPT, RELOAD_SCRIPT)
)
"""The sources that the policy of the pages allows."""
