// The booking page works without this. It adds: the guest's time zone, messages to the embedding
// site, focus that follows the steps, and a calm button while a booking is under way.
"use strict";

const picker = () => document.getElementById("picker");
const framed = window.parent !== window;
const told = new Set(); // bookings that were announced already
let submitted = false;
let step = picker()?.dataset.step;
let height = 0;

// --- time zone -----------------------------------------------------------------------------

function guessZone() {
  const shown = picker()?.dataset.guessTz;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const address = new URL(location.href);
  if (!shown || !zone || !zone.match(/^[A-Z]/) || zone === shown || address.searchParams.has("tz")) return;
  address.searchParams.set("tz", zone);
  location.replace(address);
}

// --- messages to the embedding site -----------------------------------------------------------

let site = "";
if (framed) {
  // Only the page right around us is told anything; a lie about its origin would get it nothing.
  const around = location.ancestorOrigins?.[0] ?? (document.referrer && new URL(document.referrer).origin);
  site = around && around !== "null" ? around : "";
  document.documentElement.classList.add("framed");
}

function tell(type, detail) {
  if (site) window.parent.postMessage({ source: "meetslot", type, ...detail }, site);
}

window.addEventListener("message", (event) => {
  if (!framed || event.source !== window.parent || event.data?.source !== "meetslot") return;
  if (event.data.type !== "hello") return;
  site ||= event.origin === "null" ? "" : event.origin;
  if (event.origin !== site) return;
  document.documentElement.classList.add("fitted"); // the frame is as high as we say: no second scrollbar
  height = 0;
  tell("ready", {});
  measure();
});

function measure() {
  const now = Math.ceil(picker()?.getBoundingClientRect().height ?? 0);
  if (now && now !== height) tell("resize", { height: (height = now) });
}

function announce() {
  const root = picker();
  if (root?.dataset.step === "details") tell("slot", { start: root.dataset.start });
  const booking = root?.querySelector("[data-booking-status='confirmed']")?.dataset;
  if (!booking || !submitted || told.has(booking.bookingId)) return;
  told.add(booking.bookingId);
  tell("booked", { booking: booking.bookingId, start: booking.start, end: booking.end, event: booking.event });
}

// --- steps --------------------------------------------------------------------------------------

const observer = new ResizeObserver(measure);

function arrived() {
  const root = picker();
  if (!root) return;
  observer.disconnect();
  observer.observe(root);
  if (root.dataset.step !== step) {
    step = root.dataset.step;
    (root.querySelector("[aria-invalid]") ?? root.querySelector("h1"))?.focus({ preventScroll: true });
    if (framed) tell("step", { step });
    else window.scrollTo({ top: 0 });
  } else {
    root.querySelector("[role='alert']") && root.querySelector("[aria-invalid]")?.focus({ preventScroll: true });
  }
  announce();
  measure();
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "booking-form" || event.submitter?.name === "step") return;
  submitted = true;
  tell("submitting", {});
  const button = event.target.querySelector("[data-busy]");
  // after this turn, so that the button still belongs to what is sent
  setTimeout(() => {
    button.dataset.said = button.textContent;
    button.textContent = button.dataset.busy;
    button.disabled = true;
  });
});

// a page that comes back from the browser's memory, or a request that never reached us
function calm() {
  const button = document.querySelector("[data-busy][disabled]");
  if (!button) return;
  button.textContent = button.dataset.said;
  button.disabled = false;
}
window.addEventListener("pageshow", calm);
document.addEventListener("htmx:error", calm);
document.addEventListener("htmx:after:swap", arrived);

guessZone();
tell("ready", {});
arrived();
