// The settings page works without this: it only copies the snippet.
const ready = () => document.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(text.value);
    button.textContent = button.dataset.copied;
  } catch {
    text.select();
  }
});
document.addEventListener("htmx:after:swap", ready);
ready();
