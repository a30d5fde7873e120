// The booking page works without this. It adds: the guest's time zone, focus that follows the
// steps, and a calm button while a booking is under way.
"use strict";

const picker = () => document.getElementById("picker");
const framed = window.parent !== window;
let step = picker()?.dataset.step;

// --- time zone -----------------------------------------------------------------------------

function guessZone() {
  const shown = picker()?.dataset.guessTz;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const address = new URL(location.href);
  if (!shown || !zone || !zone.match(/^[A-Z]/) || zone === shown || address.searchParams.has("tz")) return;
  address.searchParams.set("tz", zone);
  location.replace(address);
}

// --- steps --------------------------------------------------------------------------------------

function arrived() {
  const root = picker();
  if (!root) return;
  if (root.dataset.step !== step) {
    step = root.dataset.step;
    (root.querySelector("[aria-invalid]") ?? root.querySelector("h1"))?.focus({ preventScroll: true });
    if (!framed) window.scrollTo({ top: 0 });
  } else {
    root.querySelector("[role='alert']") && root.querySelector("[aria-invalid]")?.focus({ preventScroll: true });
  }
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "booking-form" || event.submitter?.name === "step") return;
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
arrived();
