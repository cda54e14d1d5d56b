"""The page that `tagwarden roles --html` writes, in headless Chromium.

`roles_page.py PAGE ROLES VIOLATIONS` fails where the page does not do what it should.
"""

import pathlib
import sys

from page import browser, expect, set_controls

ROWS = "document.querySelectorAll('#roles tbody tr').length"


def main():
    page, roles, violations = sys.argv[1:]
    roles, violations = int(roles), int(violations)
    with browser() as it:
        address = pathlib.Path(page).resolve().as_uri()
        it.open(address)
        expect("roles", it.evaluate(ROWS), roles)
        expect("the headline", it.evaluate("document.querySelector('#numbers dd').textContent"), f"{violations:,}")
        settings = [
            ("verdict", "violation", f"{ROWS} === {violations}"),
            ("verdict", "", f"{ROWS} === {roles}"),
            ("filter", "no such thing", f"{ROWS} === 0"),
            ("filter", "worker-1", f"{ROWS} === 1"),
            ("filter", "", f"{ROWS} === {roles}"),
        ]
        set_controls(it, settings)

        # What was used opens, with a line for each action.
        opened = "document.querySelector('#roles tbody tr td:nth-child(5) details')"
        it.evaluate(f"{opened}.querySelector('summary').click()")
        lines = f"new Promise(done => setTimeout(() => done({opened}.querySelectorAll('p').length === Number({opened}.querySelector('summary').textContent)), 100))"
        expect("a line for each used action", it.evaluate(lines), True)

        expect("what a policy brought along", it.evaluate("typeof window.pwned"), "undefined")
        expect("elements that a policy brought along", it.evaluate("document.querySelectorAll('main img, main iframe').length"), 0)
        requests = [request["request"]["url"] for request in it.named("Network.requestWillBeSent")]
        expect("requests", requests, [address])
        expect("complaints", it.named("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"), [])


if __name__ == "__main__":
    main()
