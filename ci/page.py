"""Runs axe-core on pages in chromium; ci/page calls it: page.py AXE.js PAGE.html..."""

import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

WIDTHS = (390, 1600)
SCHEMES = ("light", "dark")
# The views to check: a fragment, and what is done there.
PLACES = {
    "groups": ("", ""),
    "legend": ("", "document.querySelectorAll('details').forEach(d => d.open = true)"),
    "files": ("#*/simd", ""),
    "a column": ("#jit/simd", ""),
    "directives": ("#?v=deviates", ""),
    "nothing found": ("#?q=no-such-word", ""),
    "no such place": ("#*/none", ""),
    "a directive": ("#*/simd", "place = { ...place, list: true, verdict: 'deviates' }; render(); show(shown[0])"),
}


class Browser:
    """Chromium with one page, through its DevTools protocol on a pipe: descriptors 3 and 4."""

    def __init__(self, profile):
        command = (
            "exec chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
            ' --disable-component-update --disable-sync --remote-debugging-pipe --user-data-dir="$0" 3<&0 4>&1'
            " </dev/null >/dev/null 2>&1"
        )
        self.process = subprocess.Popen(["sh", "-c", command, profile], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.next, self.session, self.text = 0, None, b""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method, **params):
        self.next += 1
        request = {"id": self.next, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        self.process.stdin.write(json.dumps(request).encode() + b"\0")
        self.process.stdin.flush()
        while True:
            while b"\0" not in self.text:
                read = os.read(self.process.stdout.fileno(), 1 << 20)
                if not read:
                    sys.exit("page: chromium ended")
                self.text += read
            answer, self.text = self.text.split(b"\0", 1)
            answer = json.loads(answer)
            if answer.get("id") == self.next:
                if "error" in answer:
                    sys.exit(f"page: {method}: {answer['error']}")
                return answer["result"]

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            sys.exit(f"page: {expression[:80]}: {result['result'].get('description')}")
        return result["result"].get("value")

    def open(self, address, width, scheme):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=address)
        self.value("new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', done))")


def violations(browser, axe):
    browser.value(axe + "; 0")
    result = json.loads(browser.value("axe.run().then(r => JSON.stringify([r.violations, r.passes.length]))"))
    if result[1] < 10:
        sys.exit(f"page: axe checked only {result[1]} rules")
    return result[0]


def main():
    axe, pages = pathlib.Path(sys.argv[1]).read_text(), sys.argv[2:]
    found = checked = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        browser.open("data:text/html,<title>x</title><main><h1>x</h1><img src=x></main>", 390, "light")
        if not {"html-has-lang", "image-alt"} <= {v["id"] for v in violations(browser, axe)}:
            sys.exit("page: axe finds nothing in a page that has faults")
        for page, width, scheme, (name, (fragment, action)) in itertools.product(pages, WIDTHS, SCHEMES, PLACES.items()):
            browser.open(pathlib.Path(page).resolve().as_uri() + fragment, width, scheme)
            if not browser.value("loaded.then(() => ready)"):
                sys.exit(f"page: {page}: the data cannot be read")
            browser.value(action + "; new Promise(done => setTimeout(done, 100))")
            for violation in violations(browser, axe):
                found += 1
                print(f"{page}, {name}, {width} pixels, {scheme}: {violation['id']}: {violation['help']}")
                for node in violation["nodes"][:5]:
                    print(f"    {' '.join(map(str, node['target']))}: {' '.join(node['failureSummary'].split())}")
            checked += 1
        browser.process.kill()
    print(f"page: {checked} views checked, {found} violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
