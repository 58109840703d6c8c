"""Servers that are down, hang, lie or come back: always a page, never a lie about the message."""

import os
import signal
import tempfile
import time

import launch
from relay import Mute
from stage import Case, visit


class Trouble(Case):
    def setUp(self):
        self.servers = [self.start_server() for _ in range(2)]
        self.site = self.start_site([server.address for server in self.servers])

    @classmethod
    def setUpClass(cls):
        pass

    def assert_closed(self, answer):
        self.assertEqual(answer.status, 503)
        self.assert_friendly(answer)

    def test_with_both_servers_down_there_is_a_page_that_says_so(self):
        link = self.write("unreachable")
        for server in self.servers:
            server.kill()
        self.assertEqual(visit(self.site.url + "/").status, 200)
        self.assert_closed(visit(link))
        answer = visit(self.site.url + "/", form={"message": "my <precious> text"})
        self.assert_closed(answer)
        self.assertIn("my &lt;precious&gt; text</textarea>", answer.text)

    def test_with_one_server_down_writing_works_and_its_messages_are_not_called_gone(self):
        links = [self.write("before") for _ in range(20)]
        self.servers[0].kill()
        statuses = [visit(link).status for link in links]
        self.assertEqual(set(statuses), {200, 503})
        for _ in range(20):
            self.assert_shown(visit(self.write("after")), "after")

    def test_a_server_that_comes_back_is_used_at_once(self):
        self.servers[0].kill()
        self.servers[1].kill()
        self.assert_closed(visit(self.site.url + "/", form={"message": "x"}))
        again = launch.Server(self.binary, self.servers[0].port)
        self.addCleanup(again.kill)
        self.assertTrue(launch.wait_until(again.answers, 10))
        self.assert_shown(visit(self.write("back")), "back")

    def test_servers_that_hang_cost_a_second_and_not_the_page(self):
        link = self.write("frozen")
        for server in self.servers:
            os.kill(server.pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            self.assert_closed(visit(link))
            self.assert_closed(visit(self.site.url + "/", form={"message": "x"}))
            self.assertLess(time.monotonic() - began, 10)
        finally:
            for server in self.servers:
                os.kill(server.pid, signal.SIGCONT)
        self.assert_shown(visit(link), "frozen")

    def test_servers_that_talk_rubbish_are_not_believed(self):
        for said in (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"ERROR\r\n",
            b"SERVER_ERROR busy\r\n",
            b"\r\n",
            b"\0" * 50,
            b"VALUE x 0 5\r\nhello\r\nWHAT\r\n",
        ):
            with self.subTest(said=said):
                liars = [Mute(said), Mute(said)]
                for liar in liars:
                    self.addCleanup(liar.close)
                site = self.start_site([liar.address for liar in liars])
                self.assert_closed(visit(site.url + "/m/" + "0" * 32))
                self.assert_closed(visit(site.url + "/", form={"message": "x"}))

    def test_without_the_extension_there_is_a_page_that_says_so(self):
        site = self.start_site(["127.0.0.1:1"], extension="json")
        self.assert_closed(visit(site.url + "/m/" + "0" * 32))
        self.assert_closed(visit(site.url + "/", form={"message": "x"}))

    def test_unix_sockets_serve_too(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            paths = [os.path.join(folder, name) for name in ("a", "b")]
            as_root = ["-u", "nobody"] if os.geteuid() == 0 else []
            for path in paths:
                server = launch.Child([self.binary, "-s", path, "-a", "777", *as_root])
                self.addCleanup(server.kill)
                self.assertTrue(launch.wait_until(lambda: os.path.exists(path), 10), server.log())
            site = self.start_site(["unix://" + path for path in paths])
            for number in range(6):
                link = self.write(f"through a socket, {number}", site)
                self.assert_shown(visit(link), f"through a socket, {number}")
                self.assert_gone(visit(link))
