"""Debian's Chromium, driven without a network."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

AXE = Path(__file__).with_name("axe.min.js")
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--hide-scrollbars",
)


def missing():
    """Return what is not installed, in words; empty when all is there."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium is not installed"
    if not (shutil.which("chromium") or shutil.which("google-chrome")):
        return "Chromium is not installed (apt-get install chromium chromium-driver)"
    return (
        ""
        if shutil.which("chromedriver")
        else "chromedriver is not installed (apt-get install chromium-driver)"
    )


def require_or_skip():
    """Skip where the browser is absent, or fail where it is required."""
    why = missing()
    if why and os.environ.get("GRADCHECK_REQUIRE_BROWSER") == "1":
        pytest.fail(why, pytrace=False)
    if why:
        pytest.skip(why)


class Browser:
    """One Chromium, and what a reader or a program can see in it."""

    def __init__(self):
        from selenium import webdriver

        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or shutil.which("google-chrome")
        for option in _OPTIONS:
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)

    def quit(self):
        self.driver.quit()

    def command(self, name, **facts):
        return self.driver.execute_cdp_cmd(name, facts)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def resize(self, width, height=900):
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def prefer(self, scheme):
        self.command(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
        )

    def scripts(self, enabled):
        self.command("Emulation.setScriptExecutionDisabled", value=not enabled)

    def open(self, path, fragment=""):
        """Open the file anew, with empty logs."""
        self.driver.get("about:blank")
        self.console(), self.requests()
        self.driver.get(path.as_uri() + fragment)

    def console(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """The addresses asked for since the last look."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in sent if url != "about:blank"]

    def violations(self):
        """What axe-core finds: rule, impact and the first places."""
        self.run(AXE.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(
            "const done = arguments[0];"
            "axe.run(document, {resultTypes: ['violations'],"
            " runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
            ".then((result) => done(result.violations), (error) => done([{id: String(error), nodes: []}]));"
        )
        return [
            (one["id"], one.get("impact"), [node["html"][:120] for node in one["nodes"][:3]]) for one in found
        ]

    def overflowing(self):
        """Elements that stick out of the window, unless something around them scrolls or hides."""
        return self.run(
            """
            const wide = document.documentElement.clientWidth;
            const held = (element) => {
              for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
                if (getComputedStyle(at).overflowX !== "visible") return true;
              }
              return false;
            };
            const out = [...document.body.querySelectorAll("*")].filter((element) => {
              const box = element.getBoundingClientRect();
              const lifted = getComputedStyle(element).position === "absolute";
              return box.width > 1 && box.height > 1 && !lifted && box.right > wide + 1 && !held(element);
            });
            const names = out.slice(0, 5).map((element) => element.outerHTML.slice(0, 100));
            return document.documentElement.scrollWidth > wide ? ["the page itself", ...names] : names;
            """
        )
