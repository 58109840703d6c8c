"""What is written is what is read: any text, any bytes, any length, and nothing that runs."""

import base64
import random
import re

from stage import Case, visit

PREVIEWERS = [
    "TelegramBot (like TwitterBot)",
    "WhatsApp/2.23.20.0",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
]


class Text(Case):
    def test_text_comes_back_as_it_was_written(self):
        for text in (
            "one line",
            "two\nlines\n\n\tand a tab  with  spaces",
            "Grüße, 世界, שלום עולם, 🦊👩‍👩‍👧",
            "0",
            "  surrounded \n",
            "\nstarts with an empty line",
            "%41 &amp; + %",
        ):
            with self.subTest(text=text):
                self.assert_shown(visit(self.write(text)), text)

    def test_line_ends_of_a_form_are_single(self):
        self.assert_shown(visit(self.write("a\r\nb\r\n\r\nc")), "a\nb\n\nc")

    def test_markup_is_text(self):
        text = "<script>alert(1)</script><img src=x onerror=alert(2)></article>\"'&lt;<b>"
        answer = visit(self.write(text))
        self.assertEqual(answer.text.count("<script"), 1, "only the page's own")
        self.assertNotRegex(answer.text, r"<(b>|img src=x)")
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;", answer.text)
        self.assert_shown(answer, text)

    def test_smileys_become_emoji(self):
        for written, shown in (
            (":-)", "🙂"),
            ("Hello:-) you", "Hello🙂 you"),
            ("(:)", "(🙂"),
            (":-):-)", "🙂🙂"),
            (";-) :-D :-P :-(", "😉 😃 😛 🙁"),
            (":'-( :-O :-| :-/", "😢 😮 😐 😕"),
            (":-* 8-) <3", "😘 😎 ❤️"),
            (":) ;) :D :P :( :/", "🙂 😉 😃 😛 🙁 😕"),
        ):
            with self.subTest(written=written):
                self.assert_shown(visit(self.write(written)), shown)

    def test_what_only_looks_like_a_smiley_stays(self):
        for text in (
            "http://example.org/",
            "&-) <-)",
            "x<3",
            "12:05 (8:)",
            ":Paris",
            "a:(b)",
            "C:/D:",
            "18-)",
        ):
            with self.subTest(text=text):
                self.assert_shown(visit(self.write(text)), text)

    def test_bytes_that_are_not_text_are_shown_as_well_as_possible_and_kept_exactly(self):
        for data in (
            b"\xff\xfe\x00",
            bytes(range(256)),
            b"caf\xe9 :-)",
            b"\xc3",
            b"a\x00b\x1b[31mred\x7f",
            b"\xed\xa0\x80 \xf4\x90\x80\x80 \xc0\xaf",
            random.Random(1).randbytes(4096),
        ):
            with self.subTest(data=data[:40]):
                answer = visit(self.write(data))
                self.assertEqual(answer.status, 200)
                exact = re.search(
                    r'href="data:application/octet-stream;base64,([^"]*)"', answer.text
                )
                self.assertEqual(base64.b64decode(exact[1], validate=True), data)
                self.assertNotRegex(answer.message(), "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
        self.assertIsNone(re.search("base64,", visit(self.write("plain")).text))

    def test_an_empty_message_is_refused(self):
        for form in (
            {"message": ""},
            {"message": " \r\n\t "},
            {},
            {"message[]": "x"},
            {"other": "x"},
        ):
            with self.subTest(form=form):
                answer = visit(self.site.url + "/", form=form)
                self.assertEqual(answer.status, 422)
                self.assertIn('role="alert"', answer.text)
                self.assert_friendly(answer)


def noise(length):
    """Text that zlib cannot make a fifth shorter, so that it is stored as it is."""
    return "".join(
        random.Random(2).choices(
            [chr(code) for code in range(33, 127) if chr(code) not in "<>&'\":;"], k=length
        )
    )


class Length(Case):
    LIMIT = 512 * 1024

    def test_long_messages_come_back_whole(self):
        for name, text in (
            ("compressible", "all work and no play " * 20000),
            ("incompressible", noise(self.LIMIT)),
            ("wide characters", "ü" * (self.LIMIT // 2)),
            ("one line of smileys", ":-)" * 100000),
        ):
            with self.subTest(name):
                text = text[: self.LIMIT] if name != "wide characters" else text
                answer = visit(self.write(text))
                self.assertTrue(
                    answer.message() == text.replace(":-)", "🙂"),
                    f"differs, {len(answer.text)} bytes",
                )

    def test_long_bytes_come_back_whole(self):
        data = random.Random(3).randbytes(self.LIMIT)
        exact = re.search(r"base64,([^\"]*)", visit(self.write(data)).text)
        self.assertTrue(base64.b64decode(exact[1]) == data)

    def test_above_the_limit_is_refused_with_the_text_kept(self):
        text = "Dear reader, " + "x" * self.LIMIT
        answer = visit(self.site.url + "/", form={"message": text})
        self.assertEqual(answer.status, 413)
        self.assertIn("the limit is 512 KB", answer.text)
        self.assertIn("\nDear reader, xxx", answer.text)
        self.assert_friendly(answer)
        self.assertEqual(sum(int(server.stats()["curr_items"]) for server in self.servers), 0)

    def test_above_what_php_accepts_is_refused_too(self):
        answer = visit(self.site.url + "/", form={"message": "x" * (9 << 20)})
        self.assertEqual(answer.status, 413)
        self.assertIn("the limit is 512 KB", answer.text)
        self.assert_friendly(answer)


class SmallItems(Case):
    server_options = ("-I", "512k")

    def test_a_message_the_servers_refuse_is_not_lost(self):
        text = noise(Length.LIMIT)
        answer = visit(self.site.url + "/", form={"message": text})
        self.assertEqual(answer.status, 507)
        self.assertIn("no room for this message", answer.text)
        self.assertTrue(text in answer.text)
        self.assert_friendly(answer)
        self.assert_shown(visit(self.write("a short one")), "a short one")


class Manners(Case):
    def test_looking_does_not_burn(self):
        looks = [("GET", {"User-Agent": agent}, 200) for agent in PREVIEWERS]
        looks += [
            ("HEAD", {}, 200),
            ("GET", {"Sec-Purpose": "prefetch"}, 503),
            ("GET", {"Purpose": "prefetch"}, 200),
            ("GET", {"Sec-Purpose": "prefetch;prerender"}, 503),
            ("GET", {"X-Moz": "prefetch"}, 200),
            ("GET", {"X-Purpose": "preview"}, 200),
            ("PUT", {}, 200),
            ("OPTIONS", {}, 200),
        ]
        link = self.write("patience")
        for method, headers, status in looks:
            with self.subTest(method=method, headers=headers):
                answer = visit(link, method=method, headers=headers)
                self.assertEqual(answer.status, status)
                self.assertNotIn("patience", answer.text)
                if method == "GET":
                    self.assertIn("Break the seal", answer.text)
                    self.assertIn("A secret message is waiting for you", answer.text)
        self.assert_shown(visit(link), "patience")

    def test_the_seal_is_broken_with_a_button(self):
        link = self.write("pressed")
        phone = {
            "User-Agent": "Mozilla/5.0 (Linux; Android 12; CUBOT) Chrome/120 Mobile Safari/537.36"
        }
        self.assertEqual(visit(link, headers=phone).message(), None)
        self.assert_shown(visit(link, form={}, headers=phone), "pressed")
        self.assert_gone(visit(link, form={}, headers=phone))

    def test_browsers_and_tools_are_readers(self):
        for agent in (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 Safari/604.1",
            "curl/8.0",
            "",
        ):
            with self.subTest(agent=agent):
                self.assert_shown(visit(self.write("hi"), headers={"User-Agent": agent}), "hi")

    def test_every_page_is_private_and_loads_nothing_from_elsewhere(self):
        link = self.write("x")
        pages = {
            "write": visit(self.site.url + "/"),
            "sent": visit(self.site.url + "/", form={"message": "x"}),
            "sealed": visit(link, method="HEAD"),
            "message": visit(link),
            "gone": visit(link),
            "lost": visit(self.site.url + "/nothing"),
            "refused": visit(self.site.url + "/", form={}),
        }
        for name, page in pages.items():
            with self.subTest(name):
                self.assertIn("default-src 'none'", page.headers["Content-Security-Policy"])
                self.assertNotIn("unsafe", page.headers["Content-Security-Policy"])
                self.assertEqual(page.headers["Cache-Control"], "no-store")
                self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")
                self.assertEqual(page.headers["X-Content-Type-Options"], "nosniff")
                self.assertIn("noindex", page.headers["X-Robots-Tag"])
                self.assertEqual(page.headers["Content-Type"], "text/html; charset=utf-8")
                self.assertIsNone(page.headers["Set-Cookie"])
                self.assertIsNone(page.headers["X-Powered-By"])
                self.assertNotRegex(page.text, r'(src|href|action)="(https?:)?//')

    def test_nothing_but_the_site_is_served(self):
        for path in (
            "/nothing",
            "/index.php",
            "/../lib/mailbox.php",
            "/%2e%2e/lib/mailbox.php",
            "/pages/message.php",
            "/m/",
            "/m/xyz",
            "/m/" + "0" * 31,
            "/m/" + "0" * 33,
            "/m/" + "A" * 32,
            "/m/" + "0" * 32 + "%0a",
            "/run",
            "/README.md",
            "//",
            "/art/",
        ):
            with self.subTest(path=path):
                answer = visit(self.site.url + path)
                self.assertEqual(answer.status, 404, answer.text[:300])
                self.assertNotIn("<?php", answer.text)
        self.assert_gone(visit(self.site.url + "/m/" + "0" * 32))

    def test_style_script_and_pictures_are_served(self):
        for path, kind in (
            ("/style.css", "text/css"),
            ("/page.js", "javascript"),
            ("/art/seal.svg", "image/svg+xml"),
            ("/smileys/smile.svg", "image/svg+xml"),
        ):
            with self.subTest(path=path):
                answer = visit(self.site.url + path)
                self.assertEqual(answer.status, 200)
                self.assertIn(kind, answer.headers["Content-Type"])
