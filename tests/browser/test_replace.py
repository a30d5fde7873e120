"""Pages made for Calendly and Cal.com, with one line more: each of their documented ways to embed.

Their own scripts are stand-ins that do what their documentation says; nothing asks the network.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Frame, Page, Route, expect

from tests.browser.conftest import House, Open
from tests.browser.embedding import DIALOG, book, choose
from tests.conftest import ROOT

LINE = """<script src="{{widget}}/embed.js" async data-replace="calendly.com/ana/intro=ana/intro,
  https://cal.com/ana=ana, cal.com/ana/30min=ana/intro" data-replace-events></script>"""

#: Calendly's widget.js: draws an inline widget as a frame, and tells whom it was asked for.
WIDGET = """
window.theirs = [];
const ask = (how) => ({url}) => theirs.push([how, url]);
window.Calendly = {initPopupWidget: ask("popup"), initBadgeWidget: ask("badge"),
                   initInlineWidget: ask("inline")};
for (const each of document.querySelectorAll(".calendly-inline-widget[data-url]")) {
  const frame = document.createElement("iframe");
  frame.src = each.dataset.url;
  each.append(frame);
}
"""
#: What their sites count: messages of Calendly's, calls of Cal.com's.
COUNT = """<script>
window.counted = [];
addEventListener("message", ({origin, data}) => {
  if (origin === "https://calendly.com" && data.event?.startsWith("calendly.")) {
    counted.push(data.event);
    if (data.event.endsWith("scheduled")) counted.push(typeof data.payload.event.uri);
  }
});
</script>"""
#: A frame of somebody else's, whose address nobody can decode.
ODD = '<iframe hidden src="data:text/html,100%"></iframe>'
CALENDLY = f"""{ODD}
<link href="https://assets.calendly.com/assets/external/widget.css" rel="stylesheet">
<script src="https://assets.calendly.com/assets/external/widget.js" async></script>
<div id="inline" class="calendly-inline-widget" style="min-width:320px;height:630px;"
  data-url="https://calendly.com/ana/intro?name=Gita%20Guest&email=gita%40x.example&utm_source=news">
</div>
<div id="other" class="calendly-inline-widget" data-url="https://calendly.com/other/talk"></div>
<div id="own"></div>
<a href="" onclick="Calendly.initPopupWidget({{url: 'https://calendly.com/ana/intro',
  prefill: {{firstName: 'Paul', lastName: 'Popup', email: 'paul@x.example'}}}});return false;">
  Link</a>
<button onclick="Calendly.showPopupWidget('https://calendly.com/ana/intro')">Button</button>
<a href="" onclick="Calendly.initPopupWidget({{url: 'https://calendly.com/other/talk'}});
  return false;">Other</a>
<script>
window.onload = () => {{
  Calendly.initBadgeWidget({{url: "https://calendly.com/ana/intro", text: "Schedule with me",
    color: "#0069ff", textColor: "#ffffff", branding: true}});
  Calendly.initInlineWidget({{url: "https://calendly.com/ana/intro?month=2026-12",
    parentElement: document.getElementById("own"),
    prefill: {{name: "Olga Own", email: "olga@x.example"}}, utm: {{utmCampaign: "spring"}}}});
}};
</script>
"""
#: Cal.com's own loader, as its pages have it: calls wait in queues until embed.js has come.
LOADER = """<script>
(function (C, A, L) {
  let p = function (a, ar) { a.q.push(ar); };
  let d = C.document;
  C.Cal = C.Cal || function () {
    let cal = C.Cal; let ar = arguments;
    if (!cal.loaded) {
      cal.ns = {}; cal.q = cal.q || [];
      d.head.appendChild(d.createElement("script")).src = A; cal.loaded = true;
    }
    if (ar[0] === L) {
      const api = function () { p(api, arguments); };
      const namespace = ar[1]; api.q = api.q || [];
      if (typeof namespace === "string") {
        cal.ns[namespace] = cal.ns[namespace] || api;
        p(cal.ns[namespace], ar); p(cal, ["initNamespace", namespace]);
      } else p(cal, ar);
      return;
    }
    p(cal, ar);
  };
})(window, "https://app.cal.com/embed/embed.js", "init");
</script>"""
CAL = f"""{LOADER}{ODD}
<button data-cal-link="ana/30min" data-cal-namespace="30min" data-cal-origin=""
  data-cal-config='{{"layout":"month_view","name":"Berta Button","email":"berta@x.example"}}'>
  <b>Press</b></button>
<button data-cal-link="other/talk">Other</button>
<div style="width:100%;height:100%;overflow:scroll" id="my-cal-inline-30min"></div>
<div id="other"></div>
<script>
Cal("init", "30min", {{origin: "https://app.cal.com"}});
Cal.ns["30min"]("inline", {{elementOrSelector: "#my-cal-inline-30min", calLink: "ana/30min",
  config: {{layout: "month_view", name: "Ines Inline", email: "ines@x.example", wish: "Knots"}}}});
Cal.ns["30min"]("ui", {{hideEventTypeDetails: false, layout: "month_view"}});
Cal.ns["30min"]("floatingButton", {{calLink: "ana/30min", buttonText: "Float", config: {{}},
  buttonColor: "#0069ff", buttonPosition: "bottom-left"}});
Cal.ns["30min"]("on", {{action: "bookingSuccessfulV2",
  callback: ({{detail}}) => counted.push(detail.type, detail.namespace, typeof detail.data.uid)}});
Cal("inline", {{elementOrSelector: "#other", calLink: "other/talk"}});
</script>
"""
#: Cal.com's embed.js: draws what is in the queues.
EMBED = """
window.theirs = [];
for (const api of [Cal, ...Object.values(Cal.ns)]) {
  const act = ([method, said]) => {
    if (!said?.calLink) return;
    theirs.push([method, said.calLink]);
    if (method === "floatingButton") {
      const button = document.createElement("cal-floating-button");
      Object.assign(button.dataset, said, {config: ""});
      return document.body.append(button);
    }
    const drawn = document.createElement("cal-inline");
    const frame = drawn.appendChild(document.createElement("iframe"));
    frame.src = `https://app.cal.com/${said.calLink}/embed?layout=month_view`;
    document.querySelector(said.elementOrSelector).append(drawn);
  };
  [...api.q].forEach(act);
  api.q.push = act;
}
"""
#: What react-calendly and Cal.com's embed-react draw, as React components that come and go.
REACT = """
const {createElement: h, useState} = React;
const Inline = ({url}) => {
  const [loading, setLoading] = useState(true);
  return h("div", {className: "calendly-inline-widget", style: {minWidth: 320, height: 630}},
    loading && h("div", {className: "calendly-spinner"}, "…"),
    h("iframe", {src: url, width: "100%", height: "100%", onLoad: () => setLoading(false)}));
};
const Popup = ({url}) => {
  const [open, setOpen] = useState(false);
  return h("div", {}, h("button", {onClick: () => setOpen(true)}, "Popup"),
    open && ReactDOM.createPortal(h("div", {className: "calendly-overlay"},
      h("div", {className: "calendly-close-overlay", onClick: () => setOpen(false)}),
      h("div", {className: "calendly-popup"}, h("iframe", {src: url}))), document.body));
};
const Cal = () => h("div", {style: {overflow: "scroll", height: 300}},
  h("cal-inline", {}, h("iframe", {src: "https://app.cal.com/ana/30min/embed?name=Rita%20React"})));
const App = () => {
  const [gone, setGone] = useState(false);
  const url = "https://calendly.com/ana/intro?embed_type=Inline&name=Gita%20Guest";
  return h("div", {}, h("button", {onClick: () => setGone(!gone)}, "Toggle"),
    gone ? "gone" : h("div", {id: "inline"}, h(Inline, {url})),
    h(Popup, {url}), h("div", {id: "cal"}, h(Cal)));
};
ReactDOM.createRoot(document.getElementById("root")).render(h(App));
"""
SCRIPTS = {"widget.js": WIDGET, "embed.js": EMBED}


def rival(route: Route) -> None:
    name = route.request.url.rpartition("/")[2]
    kind, body = ("text/javascript", SCRIPTS[name]) if name in SCRIPTS else ("text/html", "Theirs")
    route.fulfill(content_type=kind, body=body)


def show(house: House, open_page: Open, html: str, comes: bool = True) -> Page:
    """`comes`: whether the rival's script does, which some browsers keep out."""
    page = open_page()
    page.context.route("https://*.calendly.com/**", rival)
    page.context.route("https://calendly.com/**", rival)
    page.context.route("https://app.cal.com/**", rival)
    if not comes:
        page.context.route(re.compile(r"cal(endly)?\.com/.*\.js"), lambda route: route.abort())
    page.goto(house.put("rival.html", f"<!doctype html><title>A site</title>{html}"))
    return page


def booked(page: Page, room: str, name: str | None = None) -> None:
    """Book in the widget that lies in `room`, with what is filled in there already."""
    frame = page.frame_locator(f"{room} iframe[src*='/book/ana/intro']")
    if name is None:
        book(frame)
        return
    choose(frame)
    expect(frame.locator("#field-name")).to_have_value(name)
    frame.locator("#booking-form button[data-busy]").click()
    expect(frame.locator("[data-booking-status=confirmed]")).to_be_visible()


def theirs(page: Page) -> list[str]:
    """The addresses of the rivals' frames that are shown."""
    frames: list[Frame] = page.frames
    return [each.url for each in frames if "calendly.com/" in each.url or "cal.com/" in each.url]


@pytest.mark.parametrize("comes", [True, False], ids=["both", "ours"])
def test_calendlys_markup_books_here(house: House, open_page: Open, comes: bool) -> None:
    page = show(house, open_page, COUNT + CALENDLY + LINE, comes)
    booked(page, "#inline meetslot-booking", "Gita Guest")
    booked(page, "#own meetslot-booking", "Olga Own")
    page.get_by_text("Link").click()
    booked(page, DIALOG, "Paul Popup")
    page.keyboard.press("Escape")
    page.get_by_text("Schedule with me").click()
    booked(page, DIALOG)
    page.keyboard.press("Escape")
    page.get_by_text("Button").click()
    expect(page.locator(DIALOG).and_(page.locator("[open]"))).to_be_visible()
    assert {each["guest_name"] for each in house.bookings()} == {
        "Gita Guest", "Olga Own", "Paul Popup",
    }  # fmt: skip
    page.wait_for_function("() => counted.filter((each) => each === 'string').length === 4")
    counted = page.evaluate("counted")
    assert counted.count("calendly.event_scheduled") == 4
    assert counted.count("calendly.date_and_time_selected") == 4
    if not comes:
        return
    # what is not to be replaced is theirs as before
    page.keyboard.press("Escape")
    page.get_by_text("Other").click()
    assert ["popup", "https://calendly.com/other/talk"] in page.evaluate("theirs")
    assert theirs(page) == ["https://calendly.com/other/talk"]
    assert page.locator("#other meetslot-booking").count() == 0


@pytest.mark.parametrize("comes", [True, False], ids=["both", "ours"])
def test_cals_markup_books_here(house: House, open_page: Open, comes: bool) -> None:
    page = show(house, open_page, LINE + COUNT + CAL, comes)
    booked(page, "#my-cal-inline-30min meetslot-booking", "Ines Inline")
    page.get_by_text("Press").click()
    booked(page, DIALOG, "Berta Button")
    page.keyboard.press("Escape")
    page.get_by_text("Float").click()
    booked(page, DIALOG)
    page.wait_for_function("() => counted.length === 9")
    assert page.evaluate("counted") == ["bookingSuccessfulV2", "30min", "string"] * 3
    assert {each["guest_name"] for each in house.bookings()} == {
        "Ines Inline", "Berta Button", "Gita Guest",
    }  # fmt: skip
    if comes:
        page.wait_for_function("() => window.theirs?.length")
        assert ["inline", "other/talk"] in page.evaluate("theirs")
        assert theirs(page) == ["https://app.cal.com/other/talk/embed?layout=month_view"]
    expect(page.locator("[data-cal-link='other/talk']")).to_be_visible()


def test_what_their_react_components_draw_books_here(house: House, open_page: Open) -> None:
    for name in ("react-18.3.1.min.js", "react-dom-18.3.1.min.js"):
        script = (ROOT / "tests/browser/vendor" / name).read_text()
        house.put(name, script, **{"Content-Type": "text/javascript"})
    house.put("app.js", REACT, **{"Content-Type": "text/javascript"})
    scripts = "".join(
        f'<script src="/{name}"></script>'
        for name in ("react-18.3.1.min.js", "react-dom-18.3.1.min.js", "app.js")
    )
    page = show(house, open_page, f'{LINE}<div id="root"></div>{scripts}')
    booked(page, "#cal meetslot-booking")
    for _time in range(2):  # React takes away what it has drawn itself, and draws it again
        expect(page.locator("#inline meetslot-booking iframe")).to_be_visible()
        page.get_by_text("Toggle").click()
        expect(page.locator("#inline")).to_have_count(0)
        page.get_by_text("Toggle").click()
    expect(page.locator(".calendly-spinner")).to_have_count(0)
    page.get_by_text("Popup").click()
    expect(page.locator(".calendly-overlay")).to_have_count(0)
    booked(page, DIALOG)
    assert theirs(page) == []
    assert len(house.bookings()) == 2


def test_nothing_of_it_is_fetched_where_nobody_asks(house: House, open_page: Open) -> None:
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(house.embed('<meetslot-booking host="ana" event="intro"></meetslot-booking>'))
    expect(page.locator("meetslot-booking .box.ready")).to_have_count(1)
    assert not [each for each in asked if "replace" in each]
