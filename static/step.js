// What looking for a zone and a booking's own page need besides guest.js, which brings it.

// The device's zone comes first in the list, by whatever name of it the list has.
function device(root) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const list = root.querySelector("#cities ul");
  if (!list || list.querySelector("#device") || root.querySelector("#city").value) return;
  const known = (timeZone) => {
    try {
      return Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone;
    } catch {} // a zone that is newer than the browser
  };
  const all = [...list.querySelectorAll("button")];
  const same = all.find(({ value }) => value === own) ?? all.find(({ value }) => known(value) === own);
  if (!same) return;
  const first = same.parentElement.cloneNode(true);
  const label = first.querySelector("span");
  first.id = "device";
  label.textContent = list.parentElement.dataset.device.replace("%", label.textContent);
  list.prepend(first);
}

document.addEventListener("keydown", (event) => {
  const leave = event.key === "Escape" && document.getElementById("leave");
  if (!leave) return;
  event.preventDefault();
  leave.click();
}, true);

// The old way, which works inside a frame of another site too.
function copying(root) {
  const button = root.querySelector("[data-copy]");
  if (!button) return;
  button.hidden = false;
  button.onclick = () => {
    const field = document.createElement("input");
    button.after(Object.assign(field, { value: button.dataset.copy }));
    field.select();
    if (document.execCommand("copy")) document.getElementById("live").textContent = button.textContent = button.dataset.copied;
    field.remove();
    button.focus();
  };
}

export function begin(root) {
  device(root);
  copying(root);
}
