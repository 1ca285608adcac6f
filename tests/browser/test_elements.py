"""Every element that is told is hit by a click on its middle, and what is not hit is not told."""

import asyncio
import random

import pytest

from journeyman.action_formats.pyautogui_call import Click
from journeyman.browser.page import GuardedPage
from journeyman.errors import ConfigError
from journeyman.schema.screen import Element
from tests.browsers import Browsers


def elements_on(browsers: Browsers, html: str, before: str = "", within: str = "body") -> dict[str, Element]:
    async def look(page: GuardedPage) -> tuple[Element, ...]:
        if before:
            await page.evaluate(f"() => {{ {before} }}")
        return await page.elements(within)

    found = browsers.on_page(look, f"<body style='margin:0'>{html}")
    assert len({element.element_id for element in found}) == len(found)
    return {element.element_id: element for element in found}


LOST = {
    "covered": "<button id=b>Go</button><div style='position:fixed;inset:0;background:red'></div>",
    "half covered on its middle": (
        "<button id=b style='width:100px;height:40px'>Go</button>"
        "<div style='position:absolute;left:40px;top:0;width:20px;height:40px;background:red'></div>"
    ),
    "below the screen": "<p style='height:400px'></p><button id=b>Go</button>",
    "beside the screen": "<button id=b style='position:absolute;left:420px'>Go</button>",
    "mostly beside the screen": "<button id=b style='position:absolute;left:370px;width:100px'>Go</button>",
    "transparent": "<button id=b style='opacity:0'>Go</button>",
    "in something transparent": "<div style='opacity:0.2'><div style='opacity:.3'><button id=b>Go</button></div></div>",
    "hidden": "<button id=b style='visibility:hidden'>Go</button>",
    "not drawn": "<button id=b style='display:none'>Go</button>",
    "tiny": "<button id=b style='width:7px;height:30px;padding:0;border:0'></button>",
    "disabled": "<button id=b disabled>Go</button>",
    "scrolled out of its box": (
        "<div style='height:50px;overflow:hidden'><p style='height:100px'></p><button id=b>Go</button></div>"
    ),
    "deaf to the mouse": "<button id=b style='pointer-events:none'>Go</button>",
}


@pytest.mark.parametrize("html", LOST.values(), ids=LOST)
def test_what_a_click_would_not_hit_is_no_element(browsers: Browsers, html: str) -> None:
    assert "b" not in elements_on(browsers, html)
    assert "b" in elements_on(browsers, "<button id=b>Go</button>"), "the same button in the open"


def test_scrolling_brings_an_element_in_and_another_out(browsers: Browsers) -> None:
    html = "<button id=a>A</button><p style='height:400px'></p><button id=b>B</button><p style='height:400px'></p>"
    assert set(elements_on(browsers, html)) == {"a"}
    assert set(elements_on(browsers, html, before="scrollTo(0, 300)")) == {"b"}


def test_boxes_are_fractions_of_the_screen(browsers: Browsers) -> None:
    html = "<button id=b style='position:absolute;left:100px;top:30px;width:80px;height:60px'>Go</button>"
    box = elements_on(browsers, html)["b"]
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((0.25, 0.1, 0.45, 0.3))
    assert box.middle == pytest.approx((0.35, 0.2))


def test_an_element_that_is_cut_off_has_the_box_that_is_seen(browsers: Browsers) -> None:
    html = "<button id=b style='position:absolute;left:340px;top:10px;width:100px;height:20px'>Go</button>"
    assert elements_on(browsers, html)["b"].right == pytest.approx(1.0)
    scrolled = "<div id=d style='height:50px;overflow:auto'><button id=b style='height:60px'>Go</button><p>x</div>"
    box = elements_on(browsers, scrolled, before="d.scrollTop = 20")["b"]
    assert (box.top, box.bottom) == pytest.approx((0, 40 / 300), abs=0.01)


def test_a_wrapped_link_has_a_box_that_is_on_the_link(browsers: Browsers) -> None:
    html = "<div style='width:120px;font:16px/30px monospace'>Some words <a id=a href='#x'>and a link</a></div>"

    async def click(page: GuardedPage) -> tuple[Element, str]:
        (link,) = [element for element in await page.elements() if element.element_id == "a"]
        await page.perform(Click(*link.middle))
        return link, await page.evaluate("location.hash")

    link, place = browsers.on_page(click, html)
    assert place == "#x"
    assert link.name == "and a link"
    assert (link.bottom - link.top) * 300 < 30, "one line of two"


NAMES = {
    "text": ("<button id=b title=T aria-label=L>Words</button>", "Words", "text"),
    "accessible name": ("<button id=b aria-label=Close>&times;</button>", "Close", "icon"),
    "title": ("<button id=b title=Help><svg width=20 height=20><circle r=9 /></svg></button>", "Help", "icon"),
    "symbol": ("<button id=b>&#9733;</button>", "\u2605", "icon"),
    "placeholder": ("<input id=b placeholder='Your name'>", "Your name", "text"),
    "label": ("<label for=b>City</label><input id=b value=Rome>", "City", "text"),
    "labelled by": ("<span id=s>Zip code</span><input id=b aria-labelledby=s>", "Zip code", "icon"),
    "value": ("<input id=b type=submit value='Send it'>", "Send it", "text"),
    "alt": ("<img id=b alt='A cat' style='width:30px;height:30px'>", "A cat", "icon"),
    "picture's title": ("<svg><rect id=b width=40 height=40><title>Box</title></rect></svg>", "Box", "icon"),
    "nothing": ("<button id=b style='width:30px;height:30px'></button>", "", "icon"),
    "data": ("<button id=b data-name=Given>Words</button>", "Given", "text"),
    "password": ("<input id=b type=password value=secret>", "", "icon"),
    "list": ("<select id=b aria-label=Colour><option>Red</select>", "Colour", "text"),
}  # fmt: skip


@pytest.mark.parametrize(("html", "name", "kind"), NAMES.values(), ids=NAMES)
def test_an_element_is_called_by_its_words_or_its_label(browsers: Browsers, html: str, name: str, kind: str) -> None:
    element = elements_on(browsers, html)["b"]
    assert (element.name, element.kind) == (name, kind)


ROLES = {
    "link": "<a id=b href=x>x</a>",
    "button": "<div id=b role=button style='width:20px'>x</div>",
    "field": "<textarea id=b></textarea>",
    "checkbox": "<input id=b type=checkbox>",
    "radio": "<input id=b type=radio>",
    "slider": "<input id=b type=range>",
    "select": "<select id=b><option>x</select>",
    "tab": "<button id=b role=tab>x</button>",
    "cell": "<table><td id=b>a cell</table>",
    "heading": "<h2 id=b>A heading</h2>",
    "text": "<p id=b>A text</p>",
    "shape": "<svg width=50 height=50><circle id=b cx=25 cy=25 r=20 /></svg>",
    "image": "<canvas id=b width=30 height=30></canvas>",
    "item": "<ul><li id=b>An item</ul>",
    "pin": "<button id=b data-role=pin>x</button>",
}


@pytest.mark.parametrize(("role", "html"), ROLES.items(), ids=ROLES)
def test_an_element_has_a_role(browsers: Browsers, role: str, html: str) -> None:
    assert elements_on(browsers, html)["b"].role == role


def test_what_a_page_says_of_its_elements_is_told(browsers: Browsers) -> None:
    html = "<div data-id=cart data-function='opens the cart' data-look='red button' data-role=button>Cart</div>"
    element = elements_on(browsers, html)["cart"]
    assert (element.function, element.look, element.role) == ("opens the cart", "red button", "button")


def drawn(part: str) -> str:
    return f"<svg width=200 height=100>{part}</svg>"


LOOKS = {
    "lime square": "<div id=b style='width:40px;height:40px;background:lime'></div>",
    "pink rectangle": "<div id=b style='width:80px;height:40px;background:#ffc8d0'></div>",
    "white circle": "<div id=b style='width:40px;height:40px;border:solid;border-radius:9em;background:#fff'></div>",
    "red circle": drawn("<circle id=b cx=50 cy=50 r=20 fill='#e01010' />"),
    "green triangle": drawn("<polygon id=b points='10,90 50,10 90,90' fill=green />"),
    "magenta rectangle": drawn("<rect id=b width=60 height=30 fill=magenta />"),
    "blue line": drawn("<line id=b x1=10 y1=10 x2=90 y2=90 stroke=blue stroke-width=12 />"),
    "black letter": drawn("<text id=b x=20 y=60 font-size=40>Q</text>"),
    "orange digit": drawn("<text id=b x=20 y=60 font-size=40 fill=orange>7</text>"),
    "navy button": "<button id=b style='background:#000a80'>Go</button>",
    "yellow tab": "<div id=b role=tab style='background:yellow'>One</div>",
    "round badge": "<button id=b data-look='round badge' style='background:red'>Go</button>",
    "cyan part": "<div id=b role=treeitem style='background:cyan'>One</div>",
}
UNREMARKABLE = {
    "a grey button": "<button id=b>Go</button>",
    "words on the page": "<p id=b>Words</p>",
    "a white field": "<input id=b>",
    "a background that is a picture": (
        "<div id=b style='width:40px;height:40px;background:red url(data:image/gif;base64,R0lGODlhAQABAAAAACw=)'></div>"
    ),
    "what a page says nothing of": "<button data-id=b style='background:red'>Go</button>",
    "mostly clear": "<button id=b style='background:rgba(255,0,0,0.3)'>Go</button>",
}


@pytest.mark.parametrize(("look", "html"), LOOKS.items(), ids=LOOKS)
def test_a_part_that_its_page_does_not_speak_of_looks_as_it_is_drawn(browsers: Browsers, look: str, html: str) -> None:
    assert elements_on(browsers, html)["b"].look == look


@pytest.mark.parametrize("html", UNREMARKABLE.values(), ids=UNREMARKABLE)
def test_an_unremarkable_look_is_not_told(browsers: Browsers, html: str) -> None:
    assert elements_on(browsers, html)["b"].look == ""


def test_parts_of_a_button_are_no_elements_of_their_own(browsers: Browsers) -> None:
    html = "<button id=b><svg width=20 height=20><rect width=20 height=20 /></svg> <span id=s>Go</span></button>"
    assert set(elements_on(browsers, html)) == {"b"}
    nested = "<div id=row data-id=row style='width:300px;height:40px'><button id=b>Open</button></div>"
    assert set(elements_on(browsers, nested)) == {"row", "b"}
    hidden = (
        "<div data-id=row style='width:300px;height:40px'><button id=b style='width:100%;height:100%'>x</button></div>"
    )
    assert set(elements_on(browsers, hidden)) == {"b"}, "a click on the row's middle would press the button"


def test_a_label_stands_for_a_control_that_is_not_drawn(browsers: Browsers) -> None:
    shown = "<label id=l><input id=c type=checkbox> Agree</label>"
    assert set(elements_on(browsers, shown)) == {"c"}
    styled = "<label id=l><input id=c type=checkbox style='opacity:0;position:absolute'><span>Agree</span></label>"
    assert "l" in elements_on(browsers, styled) or "span-1" in elements_on(browsers, styled)
    assert "c" not in elements_on(browsers, styled)


def test_only_what_is_within_is_told(browsers: Browsers) -> None:
    html = "<button id=a>A</button><main><button id=b>B</button></main>"
    assert set(elements_on(browsers, html, within="main")) == {"b"}

    async def look(page: GuardedPage) -> list[str]:
        return [element.name for element in await page.elements("body", "main, .bar")]

    assert browsers.on_page(look, f"{html}<div class=bar><button>C</button></div>") == ["A"]
    with pytest.raises(ConfigError, match="nothing on the page matches '#none'"):
        elements_on(browsers, html, within="#none")


@pytest.mark.parametrize("seed", range(6))
def test_every_element_of_a_random_page_is_hit(browsers: Browsers, seed: int) -> None:
    rng = random.Random(seed)
    parts = []
    for number in range(40):
        tag = rng.choice(["button", "a href='#'", "div data-id=d{n}", "input type=checkbox", "label"])
        style = (
            f"position:absolute;left:{rng.randint(-60, 420)}px;top:{rng.randint(-40, 320)}px;"
            f"width:{rng.randint(4, 160)}px;height:{rng.randint(4, 90)}px;overflow:{rng.choice(['hidden', 'visible'])};"
            f"opacity:{rng.choice(['1', '1', '0.5', '0'])};border-radius:{rng.choice([0, 50])}%;background:silver;"
            f"transform:{rng.choice(['none', 'none', 'rotate(20deg)', 'scale(0.7)'])}"
        )
        parts.append(f"<{tag.format(n=number)} style='{style}'>Text {number}</{tag.split()[0]}>")
    html = (
        "".join(parts)
        + "<script>addEventListener('click', e => { hit = e.target; e.preventDefault(); }, true)</script>"
    )

    async def click_all(page: GuardedPage) -> int:
        elements = await page.elements()
        for element in elements:
            await page.perform(Click(*element.middle))
            script = """([id, n]) => {
              const named = document.getElementById(id) || document.querySelector(`[data-id="${id}"]`);
              const el = named || document.getElementsByTagName(id.split('-')[0]);
              const all = named ? [named] : [...el];
              return all.some(one => one === hit || one.contains(hit)) && Number(getComputedStyle(hit).opacity) >= 0.1;
            }"""
            assert await page.evaluate(script, [element.element_id, 0]), element
            assert 0 <= element.left < element.right <= 1
            assert 0 <= element.top < element.bottom <= 1
        await asyncio.sleep(0)
        return len(elements)

    assert browsers.on_page(click_all, html) >= 5
