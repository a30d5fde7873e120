// The settings page works without this. It adds: copying, a preview that follows what is typed, the
// parts of the page that depend on a save, and care for what is not saved yet.
"use strict";

const frame = () => document.getElementById("preview-frame");
const slug = () => document.getElementById("events")?.dataset.slug;

function say(text, trouble = false) {
  const live = document.getElementById("live");
  if (!live) return;
  live.textContent = text;
  live.classList.toggle("trouble", trouble); // one that no section can show stays in sight
}

// --- copying -----------------------------------------------------------------------------------

const COPY = "[data-copy], [data-copy-text]";
const ready = () => document.querySelectorAll(COPY).forEach((button) => { button.hidden = false; });

// What an e-mail takes with its links, and anything else as text.
function formatted(part) {
  const types = { "text/html": part.innerHTML, "text/plain": part.innerText };
  return new ClipboardItem(Object.fromEntries(Object.entries(types).map(
    ([type, text]) => [type, new Blob([text], { type })],
  )));
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest(COPY);
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  try {
    if (text && !("value" in text)) await navigator.clipboard.write([formatted(text)]);
    else await navigator.clipboard.writeText(text?.value ?? button.dataset.copyText);
    button.textContent = button.dataset.copied;
    say(button.dataset.copied);
  } catch {
    getSelection().selectAllChildren(text ?? button);
    text?.select?.();
    say(button.dataset.refused, true);
  }
});

// --- what is not saved yet -----------------------------------------------------------------------

const forms = () => [...document.querySelectorAll("form[data-unsaved-name]")];
const unsaved = (form) => form.hasAttribute("data-unsaved") || [...form.elements].some(differs);

// Small forms have no mark, and what is typed in them is not lost silently either.
const typed = () => [...document.querySelectorAll("#settings form[method=post]")].filter(unsaved);

function differs(field) {
  if (!field.name || field.type === "hidden" || field.type === "submit") return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.type !== "select-one") return field.value !== field.defaultValue;
  const shown = [...field.options].find((option) => option.defaultSelected) ?? field.options[0];
  return field.selectedOptions[0] !== shown;
}

// Each such section has a mark, and the bar names them all.
function mark() {
  const names = forms().filter((form) => {
    const marked = unsaved(form);
    form.toggleAttribute("data-dirty", marked);
    form.querySelector(".mark").hidden = !marked;
    return marked;
  });
  const bar = document.getElementById("unsaved");
  if (!bar) return;
  bar.hidden = names.length === 0;
  for (const part of document.querySelectorAll("[data-part]")) {
    const dirty = part.querySelector("form[data-dirty]") !== null;
    link(part).toggleAttribute("data-dirty", dirty);
  }
  document.getElementById("unsaved-list").replaceChildren(...names.map((form) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#${form.getAttribute("aria-labelledby") ?? form.closest("section").id}`;
    link.textContent = form.dataset.unsavedName;
    item.append(link);
    return item;
  }));
}

const link = (part) => document.querySelector(`#sections a[href="#${part.dataset.part}"]`);

// The navigation names the part that is being read: the last one that begins in the upper third.
function follow() {
  const parts = [...document.querySelectorAll("[data-part]")];
  const read = parts.findLast((part) => part.getBoundingClientRect().top < innerHeight / 3);
  for (const part of parts) {
    if (part === read) link(part).setAttribute("aria-current", "true");
    else link(part).removeAttribute("aria-current");
  }
}
addEventListener("scroll", follow, { passive: true });

for (const type of ["input", "change"]) document.addEventListener(type, mark);
document.getElementById("unsaved-save")?.addEventListener("click", () => {
  forms().filter(unsaved).forEach((form) => form.requestSubmit());
});

document.getElementById("unsaved-discard")?.addEventListener("click", () => {
  discarded = true;
  location.replace(location.pathname + location.search);
});

// A swap would take along what is typed in another form of the section, so the browser goes there
// itself, and asks first. A small form's own link means to leave it.
function takesAlong(target) {
  const part = target.closest("section");
  const leaves = (form) => !form.dataset.unsavedName && form.contains(target);
  return typed().some((form) => form !== target && part?.contains(form) && !leaves(form));
}

let leaving; // what the browser sends is not lost
let discarded = false;
addEventListener("beforeunload", (event) => {
  if (!discarded && typed().some((form) => form !== leaving)) event.preventDefault();
  leaving = null;
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (link && !link.matches("[data-keeps]") && takesAlong(link)) event.stopImmediatePropagation();
}, true);

// A second press while the first one is under way does nothing.
const busy = new WeakSet();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (busy.has(form)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  } else if (takesAlong(form) || !form.closest("section")) {
    leaving = form;
    event.stopImmediatePropagation();
  } else {
    busy.add(form);
  }
}, true);
document.addEventListener("htmx:finally:request", ({ detail: { ctx: { sourceElement } } }) => {
  busy.delete(sourceElement.form ?? sourceElement);
});

// --- the preview ---------------------------------------------------------------------------------

let waiting;
let asked = 0;

// A guest's page without its style, which our own policy has no word for.
const STYLE = /<style>([^]*?)<\/style>/;
const parsed = (html) => new DOMParser().parseFromString(html.replace(STYLE, ""), "text/html");

// Only what differs is put into the frame: no flicker, and nothing in the browser's history.
// False when there is nothing to put.
function put(html) {
  const shown = frame().contentDocument;
  const css = html.match(STYLE)?.[1] ?? "";
  const fresh = parsed(html);
  const picker = fresh.getElementById("picker");
  if (!picker || !shown.getElementById("picker")) return false;
  shown.documentElement.dataset.theme = fresh.documentElement.dataset.theme;
  dress(shown, css);
  shown.getElementById("picker").replaceWith(shown.adoptNode(picker));
  frame().contentWindow.htmx?.process(shown.getElementById("picker"));
  return true;
}

// The frame's policy allows the style that it was loaded with; a script may bring another one.
function dress(shown, css) {
  if (shown.querySelector("style").textContent === css && !shown.adoptedStyleSheets.length) return;
  const sheet = new shown.defaultView.CSSStyleSheet();
  sheet.replaceSync(css);
  shown.adoptedStyleSheets = [sheet];
}

async function preview(form) {
  const mine = ++asked;
  const answer = await fetch(`/settings/preview/${slug()}`, { method: "POST", body: new FormData(form) });
  const html = await answer.text();
  if (mine !== asked || !answer.headers.get("Content-Type")?.startsWith("text/html")) return;
  const said = document.getElementById("preview-said");
  said.textContent = put(html) ? said.dataset.follows : wrong(html);
}

// What is shown stays; what keeps it from following is said above it.
function wrong(html) {
  const told = parsed(html).querySelectorAll("[role=alert] :is(p, li)");
  return [...told].map((each) => each.textContent).join(" ");
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-preview]");
  if (!form || !frame() || !slug()) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => preview(form).catch(() => {}), 300);
});

// --- after a swap ----------------------------------------------------------------------------------

const ours = (main) => main?.dataset.host === document.getElementById("settings").dataset.host;

async function refresh() {
  const answer = await fetch(`/settings${location.search}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!ours(page.getElementById("settings"))) return;
  for (const old of document.querySelectorAll("[data-fresh]")) {
    const fresh = page.getElementById(old.id);
    const holds = old.querySelector("[data-once]") || typed().some((form) => old.contains(form));
    if (holds || old.contains(document.activeElement)) continue;
    if (!fresh) { // done with
      old.remove();
      continue;
    }
    old.replaceWith(document.adoptNode(fresh));
    htmx.process(document.getElementById(old.id));
  }
  ready();
}

// Another event type is open, or something was saved: the frame begins anew.
function reload() {
  if (!frame() || !slug()) return;
  frame().dataset.slug = slug();
  frame().contentWindow.location.replace(`/settings/preview/${slug()}`);
}

// Whoever pressed what is gone by now goes on at the heading of the form or section around it.
let around;
document.addEventListener("htmx:before:swap", () => {
  around = document.activeElement?.closest("[aria-labelledby]")?.getAttribute("aria-labelledby");
});

function keepFocus(heading) {
  if (document.activeElement !== document.body) return;
  const nearest = document.getElementById(around) ?? heading;
  nearest.tabIndex = -1;
  nearest.focus({ preventScroll: true });
}

function arrived(event) {
  ready();
  mark();
  const heading = document.getElementById(`${event.detail?.ctx?.select?.slice(1)}-heading`);
  if (!heading) return; // a part of a section, such as what is said of a handle
  keepFocus(heading);
  if (frame() && frame().dataset.slug !== slug()) reload();
  const said = document.querySelector(".columns [data-said]");
  const alert = document.querySelector(".columns [role=alert]:not([data-told])");
  say(said?.dataset.said ?? "");
  if (alert) {
    alert.dataset.told = "1";
    alert.tabIndex = -1;
    alert.focus();
  }
  if (!said) return;
  said.removeAttribute("data-said");
  if (!said.classList.contains("saved")) return;
  refresh().catch(() => {});
  reload();
}

// --- answers that are not this page ----------------------------------------------------------------

// Signed out, or a form that is too old: the section stays as it is, with what was typed in it.
document.addEventListener("htmx:after:request", (event) => {
  const { select, text, response } = event.detail.ctx;
  if (!select || (response.status !== 400 && text.includes(`id="${select.slice(1)}"`))) return;
  event.preventDefault();
  renew().then((state) => say(document.body.dataset[state], true));
});

// Somebody who has signed in again in another tab can go on here; another account cannot.
// What became of it: the name of what <body> says about it.
async function renew() {
  const answer = await fetch("/settings", { redirect: "manual" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = page.getElementById("settings");
  if (!main) return "out";
  if (!ours(main)) return "other";
  const token = main.querySelector("[name=csrf_token]").value;
  document.querySelectorAll("[name=csrf_token]").forEach((field) => { field.value = token; });
  return "again";
}

document.addEventListener("htmx:after:swap", arrived);
document.addEventListener("htmx:error", () => say(document.body.dataset.offline, true));
if (document.getElementById("sections")) follow();
ready();
mark();
