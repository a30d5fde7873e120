// On a phone a floating button never lies over a control of the page. embed.js asks for this file
// when there is such a button: it moves on from a bar that stays where it is, and hides while
// anything else lies under it.
const phone = 640; // px, as in embed.js
const gap = 16;
const tag = "meetslot-booking";
const controls = `a,button,input,select,textarea,summary,iframe,[tabindex],${tag}:not([mode=floating])`;

const meets = (one, other) =>
  one.left < other.right && one.right > other.left && one.top < other.bottom && one.bottom > other.top;

const shown = (control) => control.checkVisibility?.({ visibilityProperty: true }) ?? true;

// the bar that a control stands in
const staying = (node) =>
  node && (/fixed|sticky/.test(getComputedStyle(node).position) ? node : staying(node.parentElement));

// how far on from a bar, which what stands in it may stick out of
const past = (bar, control, mine, down) => {
  const boxes = [bar, control].map((each) => each.getBoundingClientRect());
  if (down) return Math.max(...boxes.map((box) => box.bottom)) + gap - mine.top;
  return Math.min(...boxes.map((box) => box.top)) - gap - mine.bottom;
};

// `by` px away from its place; so many bars may lie one upon another
const place = (button, down, by = 0, bars = 5) => {
  button.style.translate = `0 ${by}px`;
  const mine = button.getBoundingClientRect();
  const under = (control) => meets(mine, control.getBoundingClientRect()) && shown(control);
  const covered = innerWidth <= phone ? [...document.querySelectorAll(controls)].filter(under) : [];
  const held = bars && covered.find(staying);
  if (held) return place(button, down, by + past(staying(held), held, mine, down), bars - 1);
  const outside = mine.top < 0 || mine.bottom > innerHeight;
  button.style.visibility = covered.length || outside ? "hidden" : "";
};

// Whatever moves on the page, at most once a frame. The button's own style lies in its shadow,
// where no observer of the page sees it.
let due;
const soon = () => {
  due ||= requestAnimationFrame(() => {
    due = 0;
    for (const each of document.querySelectorAll(`${tag}[mode=floating]`)) {
      if (each.button) place(each.button, /top/.test(each.getAttribute("position")));
    }
  });
};
for (const type of ["scroll", "resize", "transitionend", "animationend"]) addEventListener(type, soon, true);
new ResizeObserver(soon).observe(document.documentElement);
new MutationObserver(soon).observe(document, { subtree: true, childList: true, attributes: true });
