"""The page that `tagwarden audit --html` writes, in a real browser: headless Chromium, spoken to through its debugging pipe.

`page.py PAGE LAUNCHES VIOLATIONS [SCREENSHOT]` fails where the page does not do what it should. Installs Chromium with apt-get
where it is missing.
"""

import base64
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


def chromium():
    """The browser, installed first where it is missing."""
    names = ["chromium", "chromium-browser", "google-chrome"]
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        for command in [["update"], ["install", "--yes", "--no-install-recommends", "chromium"]]:
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(["apt-get", "--quiet", *command], check=True, stdout=subprocess.DEVNULL, env=environment)
        found = shutil.which("chromium")
    return found or sys.exit(f"none of {', '.join(names)} is installed: install the package `chromium`")


class Browser:
    """One page of a browser, by the DevTools protocol: JSON messages that end with a zero byte."""

    def __init__(self, process, to_browser, from_browser):
        self.process, self.to_browser, self.from_browser = process, to_browser, from_browser
        self.session, self.last, self.events = None, 0, []

    def call(self, method, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        while (answer := self.receive()).get("id") != self.last:
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def receive(self):
        message = bytearray()
        while (byte := self.from_browser.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("the browser has ended")
            message += byte
        return json.loads(message)

    def open(self, address):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
        self.call("Page.navigate", url=address)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.receive())

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']['exception'].get('description')}")
        return result["result"].get("value")

    def named(self, *methods):
        return [event["params"] for event in self.events if event.get("method") in methods]


@contextlib.contextmanager
def browser():
    (their_input, to_browser), (from_browser, their_output) = os.pipe(), os.pipe()

    def connect():
        # Out of the way of the numbers that the browser expects.
        first, second = os.dup(their_input), os.dup(their_output)
        os.dup2(first, 3)
        os.dup2(second, 4)

    # What the browser writes when it ends may come after the folder was emptied.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"]
        command = [chromium(), *options, "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(
            command, preexec_fn=connect, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(their_input)
        os.close(their_output)
        with open(from_browser, "rb") as answers:
            try:
                yield Browser(process, to_browser, answers)
            finally:
                process.kill()
                process.wait()
                os.close(to_browser)


def expect(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: expected {expected!r}, found {found!r}")


ROWS = "document.querySelectorAll('#launches tbody tr').length"
SET = "(id, value) => { const it = document.getElementById(id); it.value = value; it.dispatchEvent(new Event('input')); }"


def set_controls(it, settings):
    """Sets each control to a value, and checks what the page then shows."""
    for control, value, check in settings:
        it.evaluate(f"({SET})('{control}', '{value}')")
        expect(f"`{control}` set to `{value}`", it.evaluate(check), True)


def main():
    page, launches, violations, *screenshot = sys.argv[1:]
    launches, violations = int(launches), int(violations)
    with browser() as it:
        address = pathlib.Path(page).resolve().as_uri()
        it.open(address)
        expect("charts", it.evaluate("[...document.querySelectorAll('figure svg')].map(svg => svg.querySelectorAll('rect').length > 0)"), [True] * 4)
        expect("launches", it.evaluate(ROWS), min(launches, 200))
        expect("the headline", it.evaluate("[...document.querySelectorAll('#numbers dd')].slice(0, 2).map(dd => dd.textContent)"), [f"{launches:,}", f"{violations:,}"])
        expect("the policy", it.evaluate("document.getElementById('policy').textContent.includes('version = 1')"), True)

        settings = [
            ("verdict", "violation", f"{ROWS} === {min(violations, 200)}"),
            ("verdict", "", f"{ROWS} === {min(launches, 200)}"),
            ("rule", "missing-vpc", "[...document.querySelectorAll('#launches tbody tr')].every(row => row.textContent.includes('missing-vpc'))"),
            ("rule", "", "true"),
            ("filter", "no such thing", f"{ROWS} === 0"),
            ("filter", "missing-vpc requestParameters.vpcConfig", f"{ROWS} > 0 && {ROWS} < {launches}"),
            ("filter", "", f"{ROWS} === {min(launches, 200)}"),
        ]
        set_controls(it, settings)

        # Long tables are short until a reader asks for all of them.
        rows = "[...document.querySelectorAll('#tables table')].map(table => table.tBodies[0].rows.length)"
        expect("rows of the tables", max(it.evaluate(rows)) <= 15, True)
        it.evaluate("document.querySelectorAll('button.all').forEach(button => button.click())")
        expect("buttons that show all", it.evaluate("document.querySelectorAll('button.all').length"), 0)

        # By keyboard: sort by the second column, open the evidence of a row.
        times = "[...document.querySelectorAll('#launches tbody tr td:nth-child(2)')].map(td => td.textContent)"
        it.evaluate("document.querySelectorAll('#launches th button')[1].focus()")
        for ascending in [True, False]:
            for kind in ["keyDown", "keyUp"]:
                it.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r" if kind == "keyDown" else "")
            found = it.evaluate(times)
            expect("sorted by verdict", found, sorted(found, reverse=not ascending))
            expect("aria-sort", it.evaluate("document.querySelectorAll('#launches th')[1].getAttribute('aria-sort')"), "ascending" if ascending else "descending")

        # Whoever names a job writes no program.
        expect("what an event brought along", it.evaluate("typeof window.pwned"), "undefined")
        expect("elements that an event brought along", it.evaluate("document.querySelectorAll('main img, main iframe').length"), 0)

        it.evaluate("window.scrollTo(0, 0)")
        colours = []
        for scheme in ["light", "dark"]:
            it.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            colours.append(it.evaluate("getComputedStyle(document.body).backgroundColor"))
            if screenshot:
                image = it.call("Page.captureScreenshot", format="png")["data"]
                path = pathlib.Path(screenshot[0])
                path.with_stem(f"{path.stem}-{scheme}").write_bytes(base64.b64decode(image))
        expect("two colour schemes", len(set(colours)), 2)
        it.call("Emulation.setDeviceMetricsOverride", width=380, height=800, deviceScaleFactor=1, mobile=True)
        expect("sideways scrolling on a telephone", it.evaluate("document.documentElement.scrollWidth <= 380"), True)
        expect("a print", base64.b64decode(it.call("Page.printToPDF")["data"])[:4], b"%PDF")

        requests = [request["request"]["url"] for request in it.named("Network.requestWillBeSent")]
        expect("requests", requests, [address])
        expect("complaints", it.named("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"), [])


if __name__ == "__main__":
    main()
