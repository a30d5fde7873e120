// The booking page works without this. It adds: the guest's time zone, focus that follows the
// steps, arrow keys, fresh times, and a calm button while a booking is under way.
"use strict";

const picker = () => document.getElementById("picker");
let step = picker()?.dataset.step;

// --- time zone -----------------------------------------------------------------------------

// The same view in the guest's own zone, in its place: a page loaded anew inside a frame might not
// know any more which site is around.
async function guessZone() {
  const root = picker();
  const shown = root?.dataset.guessTz;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const address = new URL(location.href);
  if (!shown || !zone || !zone.match(/^[A-Z]/) || zone === shown || address.searchParams.has("tz")) return;
  address.searchParams.set("tz", zone);
  if (!window.htmx || self.origin === "null") {
    if (framed && around) address.searchParams.set("embedder", around);
    location.replace(address);
    return;
  }
  const answer = await fetch(address, PART).catch(() => null);
  const text = answer?.ok && (await answer.text());
  if (!text || picker() !== root || document.querySelector(".htmx-request")) return;
  history.replaceState(history.state, "", address);
  swap(root, text);
}

// --- steps --------------------------------------------------------------------------------------

const live = document.getElementById("live");
let said = picker()?.dataset.say;
let before = {}; // what had the focus before a swap, what was open, and why a guest cancels

// One polite message for a change; an alert and a new heading speak for themselves.
function say(root) {
  const text = (root.querySelector("[data-say]") ?? root).dataset.say ?? "";
  if (live && text !== said) live.textContent = root.querySelector("[role='alert']") ? "" : text;
  said = text;
}

// What had the focus, on the new page.
function twin(root) {
  const { id, name, value } = before.at;
  return document.getElementById(id) ?? [...root.querySelectorAll("button")].find((each) => each.name === name && each.value === value);
}

function arrived() {
  document.getElementById("offline")?.remove();
  const root = picker();
  if (!root) return;
  guessZone();
  const focus = (element) => element?.focus({ preventScroll: true });
  const faulty = root.querySelector("[aria-invalid]");
  roam(root);
  // what one step alone needs comes with it
  const more = root.querySelector("[data-more]");
  if (more) import(new URL(more.dataset.more, location)).then(({ begin }) => begin(root));
  if (root.dataset.step !== step) {
    const zone = step === "zones" && document.getElementById("change-zone");
    step = root.dataset.step;
    focus(faulty ?? (zone || document.getElementById("city")) ?? root.querySelector("h1"));
    if (zone) sight(root.querySelector(".times h2"));
    else if (!framed) window.scrollTo({ top: 0 });
  } else if (faulty && root.querySelector("[role='alert']")) {
    focus(faulty);
  } else {
    if (before.open) root.querySelector("details")?.setAttribute("open", "");
    const reason = document.getElementById("field-reason");
    if (reason && before.reason) reason.value ||= before.reason;
    if (before.at?.matches("#earlier, #later")) root.querySelector(".times h2")?.focus();
    // what was pressed may be gone, as "next month" in the last one
    else if (before.at && document.activeElement === document.body) focus(twin(root) ?? document.getElementById("month") ?? root.querySelector("h1"));
    if (before.day) sight(root.querySelector(".times h2"));
  }
  before = {};
  say(root);
  onward(root.querySelector("[data-onward]"));
}

// The times of a day that was pressed, where they lie below it (one column, a phone).
function sight(heading) {
  const event = new CustomEvent("meetslot:sight", { bubbles: true, cancelable: true, detail: 240 });
  if (heading?.dispatchEvent(event)) heading.scrollIntoView({ block: "nearest" });
}

// The host wants guests on another page after booking; the site around has heard of it by then.
function onward(link) {
  if (link) setTimeout(() => link.click(), 1000);
}

window.addEventListener("submit", (event) => {
  const button = !event.submitter?.name && event.target.querySelector("[data-busy]");
  if (!button) return;
  // after this turn, so that the button still belongs to what is sent
  setTimeout(() => {
    button.dataset.said = button.textContent;
    button.textContent = button.dataset.busy;
    button.disabled = true;
  });
}, true);

// a page that comes back from the browser's memory, or a request that got no answer
function calm() {
  const button = document.querySelector("[data-busy][disabled]");
  if (!button) return;
  button.textContent = button.dataset.said;
  button.disabled = false;
}
window.addEventListener("pageshow", calm);
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  const root = picker();
  before = {
    at: document.activeElement?.closest("#picker *") ?? root?.querySelector("[data-busy][disabled]"),
    open: root?.querySelector("details")?.open,
    reason: document.getElementById("field-reason")?.value,
    day: ctx.request?.submitter?.name === "date",
  };
});
document.addEventListener("htmx:after:swap", arrived);

// --- no connection ---------------------------------------------------------------------------------

// It is said next to what was pressed, and tried again: the form carries a mark that makes a booking
// sent twice the same booking.
function lost(ctx) {
  const { sourceElement: at, request, target, swap } = ctx;
  const { submitter, method, action } = request;
  calm();
  if (self.origin === "null") return; // a sandbox: below
  retry = () => {
    if (at.matches("form")) at.requestSubmit(submitter);
    else if (at.matches("a")) at.click();
    else htmx.ajax(method, action, { source: at, target, swap });
  };
  if (document.getElementById("offline")) return;
  const alert = document.createElement("p");
  Object.assign(alert, { id: "offline", className: "alert", role: "alert" });
  alert.dataset.error = "offline";
  (submitter ?? at).closest(".buttons, .turn, table, ul, p, div").before(alert);
  alert.textContent = document.body.dataset.offline;
  document.dispatchEvent(new Event("meetslot:news"));
}

let retry = null;
const tryAgain = () => {
  if (document.getElementById("offline") && !document.querySelector(".htmx-request")) retry();
};
window.addEventListener("online", tryAgain);
setInterval(tryAgain, 10_000); // the server may have been the one that was away
document.addEventListener("htmx:error", ({ detail: { ctx } }) => ctx && lost(ctx));
// a proxy's own words for a server that is away
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status < 500 || /data-(step|say)=/.test(ctx.text)) return;
  event.preventDefault();
  lost(ctx);
});

// --- frames that allow little ------------------------------------------------------------------------

// Without allow-same-origin no script may ask the server; links and forms may, if htmx lets them.
if (self.origin === "null") {
  for (const type of ["click", "submit"]) window.addEventListener(type, (event) => event.stopPropagation(), true);
}

// A page that asks again by itself, where htmx cannot do it.
function waits() {
  const asks = !window.htmx || self.origin === "null";
  if (asks && document.querySelector("[hx-trigger^=load]")) setTimeout(() => location.reload(), 5000);
}

// Without allow-forms nothing happens at all: then the page's own address is said.
let sent = true;
window.addEventListener("submit", () => (sent = true), true);
window.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!framed || !button?.form?.matches("#picker form")) return;
  sent = !(button.formNoValidate || button.form.checkValidity());
  setTimeout(() => {
    const words = document.querySelector("body > noscript");
    if (sent || !words || document.getElementById("stuck")) return;
    const alert = `<div class="alert" role="alert" data-error="sandboxed">${words.textContent}</div>`;
    button.closest(".buttons, .turn, table, ul, p").insertAdjacentHTML("beforebegin", alert);
    document.dispatchEvent(new Event("meetslot:news"));
  });
}, true);

// --- the month by arrow keys: https://www.w3.org/WAI/ARIA/apg/patterns/dialog-modal/examples/datepicker-dialog/

const DAY = 86_400_000;
let landing = null; // the day, counted from 1970, that gets the focus in the month that comes

// What shows each day, by the day's number.
function days(root) {
  const first = Date.parse(root.querySelector("[role='grid']")?.dataset.first) / DAY;
  const cells = [...root.querySelectorAll("[role='grid'] td")].map((cell, at) => [first + at, cell.firstElementChild ?? cell]);
  return new Map(cells.filter(([, shown]) => shown.textContent.trim()));
}

const ends = (all) => [Math.min(...all.keys()), Math.max(...all.keys())];

// One tab stop for the whole grid. Without this every free day is one.
function roam(root) {
  const all = days(root);
  if (!all.size) return;
  const shown = [...all.values()];
  const [first, last] = ends(all);
  for (const day of shown) {
    day.tabIndex = -1;
    if (day.localName === "td") day.setAttribute("aria-disabled", "true");
  }
  const stop =
    landing !== null
      ? all.get(Math.min(Math.max(landing, first), last))
      : (shown.find((day) => day.ariaPressed) ?? shown.find((day) => day.localName === "button") ?? shown[0]);
  stop.tabIndex = 0;
  if (landing !== null) stop.focus({ preventScroll: true });
  landing = null;
}

function turn(way, day) {
  const button = document.getElementById(`month-${way}`);
  if (!button) return;
  landing = day;
  button.click();
}

const monthOn = (day, months) => {
  const date = new Date(day * DAY);
  return date.setUTCMonth(date.getUTCMonth() + months) / DAY;
};

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.("[role='grid'] td");
  if (!cell || event.altKey || event.ctrlKey || event.metaKey) return;
  const all = days(picker());
  const [at] = [...all].find(([, day]) => cell.contains(day));
  const ahead = document.documentElement.dir === "rtl" ? -1 : 1;
  const [first, last] = ends(all);
  const steps = {
    ArrowRight: ahead, ArrowLeft: -ahead, ArrowDown: 7, ArrowUp: -7,
    Home: Math.max(-cell.cellIndex, first - at), End: Math.min(6 - cell.cellIndex, last - at),
  };
  if (event.key === "PageUp") turn("previous", monthOn(at, -1));
  else if (event.key === "PageDown") turn("next", monthOn(at, 1));
  else if (event.key in steps) {
    const to = at + steps[event.key];
    if (!all.has(to)) turn(to < at ? "previous" : "next", to);
    else {
      all.get(at).tabIndex = -1;
      all.get(to).tabIndex = 0;
      all.get(to).focus();
    }
  } else return;
  event.preventDefault();
});

// --- times that go and come while the page is open -------------------------------------------------

const FRESH = 50_000;
const PART = { headers: { "HX-Request": "true" } };
const offered = (root) => [...root.querySelectorAll("button[value]")].map((button) => button.value).join();

async function refresh() {
  const root = picker();
  const pick = root?.dataset.step === "times" && root.querySelector("form.pick");
  const still = root?.querySelector("#still");
  if (document.hidden || !(pick || still) || document.querySelector(".htmx-request")) return;
  try {
    const answer = await fetch(...(pick ? again(pick) : [still.dataset.url, PART]));
    const text = await answer.text();
    if (!answer.ok || picker() !== root || document.querySelector(".htmx-request")) return;
    if (pick) replace(root, text);
    else if (still.dataset.shown !== text.trim()) {
      still.innerHTML = still.dataset.shown = text.trim();
      document.dispatchEvent(new Event("meetslot:news"));
    }
  } catch {
    // no network: the next time is soon
  }
}

// the request that brings the same view again
function again(form) {
  const fields = new URLSearchParams(new FormData(form));
  return form.method === "get"
    ? [`${form.action}?${fields}`, PART]
    : [form.action, { ...PART, method: "POST", body: fields }];
}

function replace(root, text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  if (window.htmx && offered(page) !== offered(root)) swap(root, text);
}

function swap(root, text) {
  htmx.swap({ sourceElement: root, target: root, text, swap: "outerHTML show:none" });
}

setInterval(refresh, FRESH);
document.addEventListener("visibilitychange", refresh);

// --- the next month, fetched as soon as somebody seems to want one ------------------------------------

let ahead = {}; // one address, its answer, and when it was asked for

function prefetch(event) {
  const button = event.target.closest?.(".days") && document.getElementById("month-next");
  if (!button || button.form.method !== "get") return;
  const url = new URL(button.form.action);
  url.search = new URLSearchParams(new FormData(button.form, button));
  const address = url.pathname + url.search;
  if (ahead.address === address && Date.now() - ahead.at < FRESH) return;
  ahead = { address, at: Date.now(), answer: fetch(address, { ...PART, priority: "low" }).catch(() => null) };
}
document.addEventListener("pointerover", prefetch);
document.addEventListener("focusin", prefetch);
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "GET" || ctx.request.action !== ahead.address) return;
  const { answer, at } = ahead;
  ahead = {};
  if (Date.now() - at < FRESH) ctx.fetch = async (...asked) => (await answer) ?? fetch(...asked);
});

document.addEventListener("DOMContentLoaded", () => {
  arrived(); // htmx is there by now, or will not come
  waits();
});
