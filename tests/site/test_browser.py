"""The site as people use it: typed, clicked and read in Chromium, on a desktop and on a phone."""

import os
import re

from browser import Browser
from stage import SHOTS, Case

LETTER = """Dear Ada,

you were right about the garden: the cat comes home at nine, every night, and brings a friend :-)

Come on Friday? Bring the blue lantern ;-) and don’t tell Charles :-P

B."""

# The contrast of every element that has text of its own, against the first opaque background behind
# it.
CONTRAST = """
(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = rgb(getComputedStyle(e).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  return [...document.body.querySelectorAll('*')]
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .filter((e) => !e.matches('.smiley') && e.getClientRects().length)
    .map((e) => {
      const [a, b] = [rgb(getComputedStyle(e).color), behind(e)].map(luminance).sort((x, y) => y - x);
      return [e.tagName + '.' + e.className + ': ' + e.textContent.trim().slice(0, 30), (a + 0.05) / (b + 0.05)];
    });
})()
"""

_browser = None


def browser():
    """One Chromium for all tests; close_browser() ends it."""
    global _browser
    if _browser is None:
        _browser = Browser()
    return _browser


def close_browser():
    if _browser is not None:
        _browser.close()


class InBrowser(Case):
    def tell(self, page, text):
        """Writes a message as a person does; returns the link from the page that follows."""
        self.assertEqual(page.go(self.site.url + "/"), 200)
        page.type("#message", text)
        self.assertEqual(page.click("button[type=submit]", loads=True), 201)
        return page.text("#link")

    def test_written_by_one_read_by_another_then_gone(self):
        writer, friend, late = (browser().page() for _ in range(3))
        link = self.tell(writer, LETTER)
        self.assertRegex(link, rf"\A{re.escape(self.site.url)}/m/[0-9a-f]{{32}}\Z")
        self.assertEqual(friend.go(link), 200)
        self.assertEqual(
            friend.text("#message"),
            LETTER.replace(":-)", "🙂").replace(";-)", "😉").replace(":-P", "😛"),
        )
        for page in (late, friend, writer):
            self.assertEqual(page.go(link), 410)
            self.assertIn("This message is gone", page.text("h1").replace("\xa0", " "))
            self.assertNotIn("Ada", page.text())
        for page in (writer, friend, late):
            self.assertEqual(page.complaints(), [])

    def test_smileys_are_pictures_for_the_eye_and_emoji_for_the_clipboard(self):
        page = browser().page()
        page.go(
            self.tell(
                page, "a :-) b ;-) c :-D d :-P e :-( f :'-( g :-O h :-| i :-/ j :-* k 8-) l <3"
            )
        )
        shown = page.js(
            "[...document.querySelectorAll('#message .smiley')].map(e => ["
            "getComputedStyle(e).backgroundImage.match(/smileys.[a-z]+.svg/)?.[0], e.ariaLabel,"
            "e.getBoundingClientRect().width > 15])"
        )
        self.assertEqual(len(shown), 12)
        self.assertEqual(len({picture for picture, _, _ in shown if picture}), 12)
        self.assertTrue(all(label and wide for _, label, wide in shown), shown)
        loaded = page.js(
            "Promise.all([...document.querySelectorAll('#message .smiley')].map(e => new Promise(done => {"
            "const i = new Image(); i.onload = () => done(i.naturalWidth > 0); i.onerror = () => done(false);"
            "i.src = getComputedStyle(e).backgroundImage.slice(5, -2); })))"
        )
        self.assertEqual(loaded, [True] * 12)
        copied = page.js(
            "(getSelection().selectAllChildren(document.getElementById('message')), String(getSelection()))"
        )
        self.assertEqual(
            copied.strip(), "a 🙂 b 😉 c 😃 d 😛 e 🙁 f 😢 g 😮 h 😐 i 😕 j 😘 k 😎 l ❤️"
        )

    def test_markup_in_a_message_does_nothing(self):
        text = (
            "<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>"
            "<a href='javascript:alert(4)'>click</a></article></textarea><style>body{display:none}</style>"
        )
        page = browser().page()
        page.go(self.tell(page, text))
        self.assertEqual(page.text("#message"), text)
        self.assertEqual(page.js("document.querySelectorAll('#message *').length"), 0)
        self.assertEqual(page.happened("Page.javascriptDialogOpening"), [])
        self.assertEqual(page.complaints(), [])

    def test_the_security_policy_stops_a_script_even_in_the_page(self):
        page = browser().page()
        page.go(self.site.url + "/")
        page.js(
            "document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"window.ran = 1\">')"
        )
        page.js(
            "(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
            " document.body.append(s); })()"
        )
        browser().wait(lambda: len(page.complaints()) >= 2, "the refusals")
        self.assertIsNone(page.js("window.ran ?? null"))

    def test_the_link_is_copied_with_a_button(self):
        page = browser().page()
        link = self.tell(page, "copy me")
        browser().send(
            "Browser.grantPermissions",
            {
                "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"],
                "browserContextId": page.context,
            },
        )
        page.send("Page.bringToFront")
        page.click("#copy")
        self.assertEqual(
            page.js(
                "new Promise(done => { const look = () => "
                "document.getElementById('copy').textContent === 'Copied' ? done(1) : setTimeout(look, 10);"
                " look(); })"
            ),
            1,
        )
        self.assertEqual(page.js("navigator.clipboard.readText()"), link)
        self.assertRegex(page.text("#countdown"), r"\A(10:00|9:5\d)\Z")

    def test_everything_works_without_script(self):
        page = browser().page(scripts=False)
        self.assertEqual(page.go(self.site.url + "/"), 200)
        page.type("#message", "no script :-)")
        self.assertEqual(page.click("button[type=submit]", loads=True), 201)
        self.assertIsNone(
            page.js("document.getElementById('copy').offsetParent"), "a button that does nothing"
        )
        self.assertEqual(page.text("#countdown"), "10 minutes")
        self.assertEqual(page.go(page.text("#link")), 200)
        self.assertEqual(page.text("#message"), "no script 🙂")

    def test_a_person_taken_for_a_preview_program_breaks_the_seal(self):
        page = browser().page()
        link = self.tell(page, "sealed")
        page.send(
            "Network.setUserAgentOverride",
            {"userAgent": "Mozilla/5.0 (Linux; Android 12; CUBOT) Chrome/120"},
        )
        self.assertEqual(page.go(link), 200)
        self.assertNotIn("sealed\n", page.text())
        self.assertEqual(page.click("button[type=submit]", loads=True), 200)
        self.assertEqual(page.text("#message"), "sealed")

    def test_bytes_that_are_not_text_are_saved_exactly(self):
        page = browser().page()
        self.assertEqual(page.go(self.write(b"caf\xe9 \x00\xff")), 200)
        self.assertEqual(page.text("#message"), "caf\ufffd \ufffd\ufffd")
        self.assertEqual(
            page.js(
                "[...atob(document.getElementById('bytes').href.split(',')[1])]"
                ".map(c => c.charCodeAt(0))"
            ),
            list(b"caf\xe9 \x00\xff"),
        )

    def test_pages_fit_look_finished_and_can_be_read(self):
        """No page scrolls sideways; text has contrast; controls and pictures have names."""
        long_line = "W" * 3000 + " " + LETTER
        for look, size in {
            "desktop": {"width": 1200},
            "phone": {"width": 390, "height": 844, "phone": True},
            "small": {"width": 320, "height": 568, "phone": True},
        }.items():
            for dark in (False, True):
                page = browser().page(dark=dark, **size)
                tag = f"{self.kind}-{look}-{'dark' if dark else 'light'}"

                def look_at(name):
                    with self.subTest(page=name, look=tag):
                        self.look_at(page)
                    if look != "small":
                        page.screenshot(os.path.join(SHOTS, f"{name}-{tag}.png"))

                page.go(self.site.url + "/")
                look_at("write")
                link = self.tell(page, LETTER)
                look_at("sent")
                page.send("Network.setExtraHTTPHeaders", {"headers": {"Purpose": "prefetch"}})
                page.go(link)
                look_at("sealed")
                page.send("Network.setExtraHTTPHeaders", {"headers": {}})
                page.go(link)
                look_at("message")
                page.go(link)
                look_at("gone")
                page.go(self.site.url + "/nowhere")
                look_at("lost")
                page.go(self.tell(page, long_line))
                look_at("long")
                page.go(self.write(b"a\x00b"))
                look_at("binary")
                page.go(self.site.url + "/")
                page.type("#message", "   ")
                page.click("button[type=submit]", loads=True)
                look_at("refused")
                self.assertEqual(page.complaints(), [])

    def look_at(self, page):
        self.assertLessEqual(
            page.js("document.documentElement.scrollWidth"),
            page.js("innerWidth"),
            "scrolls sideways",
        )
        self.assertEqual(page.js("document.documentElement.lang"), "en")
        self.assertTrue(page.js("document.title"))
        self.assertEqual(page.js("document.querySelectorAll('h1').length"), 1)
        self.assertEqual(page.js("document.querySelectorAll('main').length"), 1)
        self.assertEqual(page.js("document.querySelectorAll('img:not([alt])').length"), 0)
        self.assertTrue(
            page.js("[...document.images].every(i => i.complete && i.naturalWidth)"),
            "a broken picture",
        )
        ids = page.js("[...document.querySelectorAll('[id]')].map(e => e.id)")
        self.assertEqual(len(ids), len(set(ids)))
        nodes = page.send("Accessibility.getFullAXTree")["nodes"]
        nameless = [
            node["role"]["value"]
            for node in nodes
            if not node["ignored"]
            and node["role"]["value"]
            in ("textbox", "button", "link", "image", "img", "heading", "article")
            and not node.get("name", {}).get("value")
        ]
        self.assertEqual(nameless, [])
        pale = [(what, round(ratio, 2)) for what, ratio in page.js(CONTRAST) if ratio < 4.5]
        self.assertEqual(pale, [])


class ClosedInBrowser(Case):
    def test_with_both_servers_stopped_there_is_a_page_and_the_text_stays(self):
        page = browser().page()
        link = self.write("unreachable")
        for server in self.servers:
            server.kill()
        self.assertEqual(page.go(link), 503)
        self.assertIn("closed for a moment", page.text("h1").replace("\xa0", " "))
        page.screenshot(os.path.join(SHOTS, f"down-{self.kind}.png"))
        self.assertEqual(page.go(self.site.url + "/"), 200)
        page.type("#message", "not lost")
        self.assertEqual(page.click("button[type=submit]", loads=True), 503)
        self.assertEqual(page.js("document.querySelector('textarea').value"), "not lost")
        self.assertIn("do not answer", page.text("[role=alert]"))
        self.assertEqual(page.complaints(), [])
