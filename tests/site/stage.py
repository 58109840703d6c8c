"""What a test of the site stands on: the programs, two servers, the site, visitors over HTTP."""

import glob
import html
import http.client
import os
import re
import shutil
import sys
import unittest
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SITE = os.path.join(ROOT, "examples/secret-message")
sys.path.insert(0, SITE)
import launch  # noqa: E402

SHOTS = os.path.join(ROOT, "target/site-shots")


class Programs:
    """Where the programs under test are; None for what is missing."""

    def __init__(self, oracle):
        pecl = os.environ.get("MCRS_TEST_PECL") or first("target/pecl/usr/lib/php/*/memcache.so")
        ours = os.environ.get("MCRS_TEST_EXTENSION") or first("target/dist/memcache_rs.so")
        self.extension = pecl if oracle else ours
        self.servers = {
            "memcached": shutil.which(os.environ.get("MCRS_TEST_MEMCACHED") or "memcached"),
            "mcrsd": os.environ.get("MCRS_TEST_MCRSD") or first("target/dist/mcrsd"),
        }
        self.php = os.environ.get("PHP") or "php"


def first(pattern):
    return next(iter(sorted(glob.glob(os.path.join(ROOT, pattern)))), None)


class Case(unittest.TestCase):
    """A test on two servers of one kind. The entry program sets `programs`, `binary` and `kind`."""

    programs = None
    binary = None
    site_options = {}
    server_options = ()

    @classmethod
    def setUpClass(cls):
        cls.servers = [cls.start_server(*cls.server_options) for _ in range(2)]
        cls.site = cls.start_site([server.address for server in cls.servers], **cls.site_options)

    @classmethod
    def start_server(cls, *options):
        server = launch.start_server(cls.binary, options)
        cls.addClassCleanup(server.kill)
        return server

    @classmethod
    def start_site(cls, addresses, **options):
        options.setdefault("extension", cls.programs.extension)
        site = launch.start_site(addresses, php=cls.programs.php, **options)
        cls.addClassCleanup(site.kill)
        return site

    def write(self, message, site=None):
        """Stores a message through the form; returns its link."""
        answer = visit((site or self.site).url + "/", form={"message": message})
        self.assertEqual(answer.status, 201, answer.text)
        link = re.search(r'id="link">([^<]+)<', answer.text)
        self.assertTrue(link, answer.text)
        return html.unescape(link[1])

    def assert_shown(self, answer, message):
        self.assertEqual(answer.status, 200, answer.text[:2000])
        self.assertEqual(answer.message(), message)

    def assert_gone(self, answer):
        self.assertEqual(answer.status, 410, answer.text[:2000])
        self.assertIn("This message is", answer.text)
        self.assertIsNone(answer.message())

    def assert_friendly(self, answer):
        """A whole page of ours, with nothing in it that PHP said."""
        self.assertTrue(answer.text.startswith("<!doctype html>"), answer.text[:500])
        self.assertTrue(answer.text.endswith("</html>\n"), answer.text[-500:])
        self.assertNotRegex(answer.text, r"(?i)warning|notice|deprecated|fatal|stack trace|\.php")


class Answer:
    """What came back over HTTP."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body
        self.text = body.decode("utf-8")  # every page is valid UTF-8, whatever was written

    def message(self):
        """The text of the message in the page, or None. Line ends are as a browser reads them."""
        shown = re.search(r'<article[^>]* id="message"[^>]*>(.*?)</article>', self.text, re.S)
        return shown and html.unescape(re.sub(r"<[^>]+>", "", shown[1])).replace("\r\n", "\n")


def visit(url, form=None, method=None, headers=None):
    """One request on a connection of its own. The values of `form` are str or bytes."""
    visitor = Visitor(url)
    visitor.send(form, method, headers)
    return visitor.receive()


class Visitor:
    """A request in two steps, for tests in which many are under way."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.path = parts.path + (f"?{parts.query}" if parts.query else "")
        self.link = http.client.HTTPConnection(parts.netloc, timeout=60)
        self.link.connect()

    def send(self, form=None, method=None, headers=None):
        body = None
        headers = dict(headers or {})
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.link.request(method or ("GET" if form is None else "POST"), self.path, body, headers)

    def receive(self):
        try:
            answer = self.link.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            self.link.close()
