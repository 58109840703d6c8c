"""Headless Chromium, driven through its DevTools pipe: no driver program and no port.

One Browser is one Chromium process. A Page made by `browser.page()` lives in a session of its own
(cookies, cache, history), as another person's browser would.
"""

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading

TIMEOUT_SEC = 30


class BrowserError(Exception):
    """Chromium refused a command, or did not do in time what was waited for."""


class Browser:
    def __init__(self):
        binary = os.environ.get("MCRS_TEST_CHROMIUM") or shutil.which("chromium")
        if not binary:
            raise BrowserError(
                "no chromium found: install the package chromium, or name one in MCRS_TEST_CHROMIUM"
            )
        self.profile = tempfile.mkdtemp(prefix="mcrs-chromium-")
        from_us, to_us = os.pipe(), os.pipe()
        # Chromium reads commands from descriptor 3 and writes answers to 4. The originals are moved
        # out of the way first, so that neither dup2 overwrites the other's source.
        reads, writes = (_move_up(fd) for fd in (from_us[0], to_us[1]))

        def wire():
            os.dup2(reads, 3)
            os.dup2(writes, 4)

        self.process = subprocess.Popen(
            [
                binary,
                "--headless",
                "--remote-debugging-pipe",
                f"--user-data-dir={self.profile}",
                "--no-first-run",
                "--disable-gpu",
                "--disable-quic",
                "--disable-sync",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--no-proxy-server",
                *(["--no-sandbox"] if os.geteuid() == 0 else []),
                "about:blank",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=wire,
            pass_fds=(3, 4),
            start_new_session=True,
        )
        os.close(reads)
        os.close(writes)
        self._out = os.fdopen(from_us[1], "wb", buffering=0)
        self._in = os.fdopen(to_us[0], "rb", buffering=0)
        self._changed = threading.Condition()
        self._answers = {}
        self._pages = {}
        self._last_id = 0
        self._closed = False
        threading.Thread(target=self._listen, daemon=True).start()

    def page(self, width=1200, height=850, phone=False, dark=False, scripts=True):
        """A blank page in a fresh session. Sizes are CSS pixels."""
        context = self.send("Target.createBrowserContext")["browserContextId"]
        target = self.send(
            "Target.createTarget", {"url": "about:blank", "browserContextId": context}
        )["targetId"]
        session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})[
            "sessionId"
        ]
        page = Page(self, session, context)
        self._pages[session] = page
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.send(f"{domain}.enable")
        page.send(
            "Emulation.setDeviceMetricsOverride",
            {
                "width": width,
                "height": height,
                "deviceScaleFactor": 2 if phone else 1,
                "mobile": phone,
            },
        )
        page.send(
            "Emulation.setEmulatedMedia",
            {
                "features": [
                    {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                    {"name": "prefers-reduced-motion", "value": "reduce"},
                ]
            },
        )
        page.send("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        return page

    def send(self, method, params=None, session=None):
        """One DevTools command, and its result."""
        with self._changed:
            self._last_id += 1
            number = self._last_id
        message = {"id": number, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        self._out.write(json.dumps(message).encode() + b"\0")
        self.wait(lambda: number in self._answers, method)
        answer = self._answers.pop(number)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def wait(self, condition, what):
        """Waits until an event from Chromium makes the condition true."""
        with self._changed:
            if (
                not self._changed.wait_for(lambda: self._closed or condition(), TIMEOUT_SEC)
                or not condition()
            ):
                raise BrowserError(
                    f"{what}: " + ("chromium has ended" if self._closed else "not in time")
                )

    def close(self):
        try:
            self.send("Browser.close")
            self.process.wait(10)
        except (BrowserError, OSError, subprocess.TimeoutExpired):
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # helpers that outlived it
        except ProcessLookupError:
            pass
        self.process.wait()
        self._out.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def _listen(self):
        waiting = b""
        while piece := self._in.read(1 << 16):
            *messages, waiting = (waiting + piece).split(b"\0")
            for message in map(json.loads, messages):
                with self._changed:
                    if "id" in message:
                        self._answers[message["id"]] = message
                    elif page := self._pages.get(message.get("sessionId")):
                        page.events.append((message["method"], message["params"]))
                    self._changed.notify_all()
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class Page:
    """A tab, used as a person would: go, type, click, read."""

    def __init__(self, browser, session, context):
        self.browser = browser
        self.session = session
        self.context = context
        self.events = []

    def send(self, method, params=None):
        return self.browser.send(method, params, self.session)

    def go(self, url):
        """Follows an address; returns the HTTP status of the page that came."""
        return self._load(lambda: self.send("Page.navigate", {"url": url}))

    def click(self, selector, loads=False):
        """Presses the element. With loads=True a new page must come; returns its status."""
        x, y = self.js(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
            " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )

        def press():
            for kind in ("mousePressed", "mouseReleased"):
                self.send(
                    "Input.dispatchMouseEvent",
                    {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1},
                )

        return self._load(press) if loads else press()

    def type(self, selector, text):
        """Focuses a field and types into it."""
        self.click(selector)
        self.send("Input.insertText", {"text": text})

    def js(self, expression):
        """The value of a JavaScript expression in the page."""
        answer = self.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "returnByValue": True,
                "awaitPromise": True,
                "userGesture": True,
            },
        )
        if "exceptionDetails" in answer:
            raise BrowserError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def text(self, selector="body"):
        """The text of an element as a person sees it; None when there is no such element."""
        return self.js(f"document.querySelector({json.dumps(selector)})?.innerText ?? null")

    def happened(self, *methods):
        """The parameters of the events of these names, so far."""
        return [params for method, params in list(self.events) if method in methods]

    def complaints(self):
        """What the page told the console: errors, refusals of the security policy, exceptions."""
        return [
            entry["entry"]["text"]
            for entry in self.happened("Log.entryAdded")
            if entry["entry"]["level"] == "error" and "status of" not in entry["entry"]["text"]
        ] + [
            entry["exceptionDetails"]["text"] for entry in self.happened("Runtime.exceptionThrown")
        ]

    def screenshot(self, path):
        """The whole page as PNG."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shot = self.send("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True})
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def _load(self, action):
        seen = len(self.events)
        action()

        def loaded():
            return any(method == "Page.loadEventFired" for method, _ in self.events[seen:])

        self.browser.wait(loaded, "loading a page")
        for method, params in self.events[seen:]:
            if method == "Network.responseReceived" and params["type"] == "Document":
                return params["response"]["status"]
        return None


def _move_up(fd):
    import fcntl

    high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(fd)
    return high
