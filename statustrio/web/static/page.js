// Keeps a page that is looked at up to date. Without it every page works as well, as of when it was loaded.
"use strict";

const REFRESH_MS = 250; // what comes within this is shown together
const AGAIN_MS = 2000; // until what failed is tried again
const TICK_MS = 30000;

const body = document.body;
const live = document.getElementById("live");
const news = document.getElementById("news");
let timer = null;
let stale = false; // something came while the page was being fetched
let fetching = false;
let source = null; // the stream, while the page is looked at
let lost = false; // it was, and the page may have missed something

// A screen reader says what is put here: what stands here already is not said again.
function say(where, text) {
  if (where.textContent !== text) where.textContent = text;
}

function heading() {
  const found = document.querySelector("h1");
  return found ? found.textContent : "";
}

function ago(at) {
  const seconds = (Date.now() - at) / 1000;
  const size = Math.abs(seconds);
  for (const [unit, length, least] of [["y", 365 * 86400, 2], ["d", 86400, 2], ["h", 3600, 2], ["min", 60, 1]]) {
    if (size >= length * least) {
      const count = Math.round(size / length) + " " + unit;
      return seconds < 0 ? "in " + count : count + " ago";
    }
  }
  if (size < 10) return "now";
  return seconds < 0 ? "in " + Math.round(size) + " s" : Math.round(size) + " s ago";
}

function tellTimes() {
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const time of document.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    if (isNaN(at)) continue;
    time.textContent = "exact" in time.dataset ? exact.format(at) : ago(at);
    if (!("exact" in time.dataset)) time.title = exact.format(at);
  }
}

// The parts marked as live are taken from the page as it is now; the rest, and what is typed, stays.
async function refresh() {
  if (fetching) { stale = true; return; }
  fetching = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) { setTimeout(soon, AGAIN_MS); return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const before = heading();
    const active = document.activeElement;
    const place = active.matches("[data-live] summary") ? [...document.querySelectorAll("summary")].indexOf(active) : -1;
    for (const part of document.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(part.id);
      if (!now || now.innerHTML === part.innerHTML) continue;
      const open = [...part.querySelectorAll("details")].map((one) => one.open);
      part.replaceChildren(...now.childNodes);
      const details = part.querySelectorAll("details");
      if (details.length === open.length) details.forEach((one, place) => { one.open = open[place]; });
    }
    document.title = fresh.title;
    if (heading() !== before) say(news, heading());
    if (active !== body && document.activeElement === body) {
      const href = active.getAttribute("href");
      const again = href === null
        ? document.querySelectorAll("summary")[place]
        : [...document.links].find((one) => one.getAttribute("href") === href);
      if (again) again.focus({ preventScroll: true });
    }
    tellTimes();
    filter();
  } catch {
    setTimeout(soon, AGAIN_MS);
  } finally {
    fetching = false;
    if (stale) { stale = false; soon(); }
  }
}

function soon() {
  if (timer === null) timer = setTimeout(() => { timer = null; refresh(); }, REFRESH_MS);
}

// A browser has six connections to a site for all of its tabs: one that is not looked at takes none.
function listen() {
  if (document.hidden) {
    if (source) source.close();
    source = null;
    lost = true;
    return;
  }
  if (source) return;
  source = new EventSource(body.dataset.stream + "?after=" + body.dataset.seq);
  source.onopen = () => {
    say(live, "live");
    if (lost) soon();
    lost = false;
  };
  source.onerror = () => {
    lost = true;
    say(live, "connection lost, trying again");
    // A browser gives up where the answer was no stream, as it is from a proxy whose server is away.
    if (source.readyState === EventSource.CLOSED) {
      source = null;
      setTimeout(listen, AGAIN_MS);
    }
  };
  source.onmessage = (message) => {
    body.dataset.seq = message.lastEventId;
    const provider = JSON.parse(message.data).provider;
    if (body.dataset.watch === "*" || provider === null || provider === body.dataset.watch) soon();
  };
}

const find = document.getElementById("find");

function filter() {
  if (!find) return;
  const wanted = find.value.trim().toLowerCase();
  for (const tile of document.querySelectorAll(".tile")) {
    tile.hidden = wanted !== "" && !tile.querySelector("a").textContent.toLowerCase().includes(wanted);
  }
}

if (find) find.addEventListener("input", filter);
if (body.dataset.watch) {
  document.addEventListener("visibilitychange", listen);
  listen();
}
tellTimes();
setInterval(tellTimes, TICK_MS);
