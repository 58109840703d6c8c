"""A message is shown once, to one reader, however many come at the same time, for ten minutes."""

import re
import socket
import threading

import launch
from relay import Relay
from stage import Case, Visitor, visit


class Once(Case):
    def test_the_first_opening_shows_the_message_and_destroys_it(self):
        link = self.write("For one pair of eyes")
        self.assert_shown(visit(link), "For one pair of eyes")
        self.assert_gone(visit(link))
        self.assert_gone(visit(link))
        # Not only hidden: no server holds it any more.
        self.assertEqual([server.stats()["curr_items"] for server in self.servers], ["0", "0"])

    def test_every_message_has_a_link_of_its_own_that_cannot_be_guessed(self):
        links = [self.write("same text") for _ in range(20)]
        self.assertEqual(len(set(links)), 20)
        for link in links:
            self.assertRegex(link, rf"\A{re.escape(self.site.url)}/m/[0-9a-f]{{32}}\Z")
            self.assert_shown(visit(link), "same text")

    def test_both_servers_are_used(self):
        before = [int(server.stats()["cmd_set"]) for server in self.servers]
        links = [self.write("spread") for _ in range(20)]
        after = [int(server.stats()["cmd_set"]) for server in self.servers]
        self.assertTrue(all(now > then for now, then in zip(after, before)), (before, after))
        for link in links:
            self.assert_shown(visit(link), "spread")

    def test_of_twenty_simultaneous_openings_exactly_one_sees_it(self):
        for round_number in range(30):
            secret = f"round {round_number}"
            visitors = [Visitor(self.write(secret))]
            visitors += [Visitor(self.site.url + visitors[0].path) for _ in range(19)]
            start = threading.Barrier(len(visitors))
            answers = []

            def open_it(visitor):
                start.wait()
                visitor.send()
                answers.append(visitor.receive())

            threads = [threading.Thread(target=open_it, args=(visitor,)) for visitor in visitors]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(answer.status for answer in answers), [200] + [410] * 19)
            for answer in answers:
                if answer.status == 200:
                    self.assert_shown(answer, secret)
                else:
                    self.assertNotIn(secret, answer.text)


class Steered(Case):
    """The same with relays in front of the servers, which choose the moment."""

    @classmethod
    def setUpClass(cls):
        cls.servers = [cls.start_server() for _ in range(2)]
        cls.relays = [Relay(server.port) for server in cls.servers]
        for relay in cls.relays:
            cls.addClassCleanup(relay.close)
        cls.site = cls.start_site([relay.address for relay in cls.relays], workers=6)

    def tearDown(self):
        for relay in self.relays:
            relay.on_reply = lambda request, reply: reply
            relay.on_request = lambda request: True

    def on_reply(self, decide):
        for relay in self.relays:
            relay.on_reply = decide

    def test_the_expiry_time_given_to_the_server_is_ten_minutes(self):
        seen = [len(relay.requests) for relay in self.relays]
        self.write("ten minutes")
        lines = [line for relay, start in zip(self.relays, seen) for line in relay.requests[start:]]
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], rb"\A(add|set) \S+ 0 600 11\r\n\Z")

    def test_readers_who_all_hold_the_message_cannot_all_show_it(self):
        link = self.write("contended")
        arrived, go = threading.Semaphore(0), threading.Event()

        def hold_values(request, reply):
            if request.startswith(b"get"):
                arrived.release()
                go.wait(20)
            return reply

        self.on_reply(hold_values)
        visitors = []
        for _ in range(4):  # one worker each: a worker that waits takes no further request
            visitors.append(Visitor(link))
            visitors[-1].send()
            self.assertTrue(arrived.acquire(timeout=20), "the reader did not ask the server")
        go.set()
        answers = [visitor.receive() for visitor in visitors]
        self.assertEqual(sorted(answer.status for answer in answers), [200, 410, 410, 410])
        self.assertEqual([a.message() for a in answers if a.status == 200], ["contended"])

    def test_a_message_that_expires_while_it_is_fetched_is_not_shown(self):
        link = self.write("too late")

        def expire(request, reply):
            if request.startswith(b"get"):
                key = request.split()[1]
                for server in self.servers:
                    ask(server, b"delete " + key)
            return reply

        self.on_reply(expire)
        self.assert_gone(visit(link))

    def test_if_the_answer_to_the_delete_is_lost_nobody_sees_the_message(self):
        link = self.write("lost answer")
        self.on_reply(lambda request, reply: None if request.startswith(b"delete") else reply)
        answer = visit(link)
        self.assertEqual(answer.status, 503)
        self.assertNotIn("lost answer", answer.text)
        self.assert_friendly(answer)
        self.tearDown()
        self.assert_gone(visit(link))

    def test_if_the_delete_is_lost_the_next_opening_shows_the_message(self):
        link = self.write("lost question")
        for relay in self.relays:
            relay.on_request = lambda request: not request.startswith(b"delete")
        answer = visit(link)
        self.assertEqual(answer.status, 503)
        self.assertNotIn("lost question", answer.text)
        self.tearDown()
        self.assert_shown(visit(link), "lost question")
        self.assert_gone(visit(link))

    def test_a_write_whose_answer_is_lost_leaves_no_copy_under_a_known_link(self):
        lost = []

        def lose_first(request, reply):
            if request.startswith((b"add", b"set")) and not lost:
                lost.append(request.split()[1])
                return None
            return reply

        self.on_reply(lose_first)
        link = self.write("written twice")
        self.assertTrue(lost)
        self.assertNotIn(link.rsplit("/", 1)[1].encode(), lost[0])
        self.assert_shown(visit(link), "written twice")
        self.assert_gone(visit(link))


class Expiry(Case):
    site_options = {"env": {"MCRS_SECRET_TTL_SEC": "2"}}

    def test_unread_the_message_expires(self):
        link = self.write("short-lived")
        key = b"secret-message:" + link.rsplit("/", 1)[1].encode()

        def stored():
            return any(ask(server, b"get " + key).startswith(b"VALUE") for server in self.servers)

        self.assertTrue(stored(), "the test looks for the wrong key")
        # Looked for on the servers, because opening the link would destroy it.
        self.assertTrue(launch.wait_until(lambda: not stored(), 10), "still there after 10 seconds")
        self.assert_gone(visit(link))

    def test_the_page_tells_the_time_that_is_left(self):
        answer = visit(self.site.url + "/", form={"message": "x"})
        self.assertIn(">2 seconds</time>", answer.text)


def ask(server, command):
    """The first bytes of a server's answer to one command line."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as link:
        link.sendall(command + b"\r\n")
        return link.recv(65536)
