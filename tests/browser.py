"""A headless Chromium spoken to through its own pipe: pages run in real time, and are touched as by a hand."""

import base64
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --hide-scrollbars --window-size=1000,1400 "
    "--remote-debugging-pipe"
)
_PATIENCE = 60.0


class Tab:
    """One page, and all that the browser has told of it."""

    def __init__(self, into: int, out: int) -> None:
        self._into, self._out = into, out
        self._session: str | None = None
        self._last = 0
        self._rest = b""
        self.told: list[dict[str, Any]] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: object) -> dict[str, Any]:
        """Ask for something and wait for the answer."""
        self._last += 1
        message: dict[str, object] = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._into, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._last:
            self.told.append(answer)
        assert "error" not in answer, answer
        return dict(answer["result"])

    def open(self, page: Path) -> None:
        """Load the page, all of it."""
        self.told.clear()
        self.send("Page.navigate", url=page.as_uri())
        deadline = time.monotonic() + _PATIENCE
        while not any(each.get("method") == "Page.loadEventFired" for each in self.told):
            assert time.monotonic() < deadline, "the page never loads"
            self.told.append(self._next())

    def ask(self, expression: str) -> Any:  # noqa: ANN401
        """What the expression comes to on the page."""
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def picture(self, selector: str) -> NDArray[np.uint8]:
        """The element as it looks."""
        box = self.box(selector)
        clip = {**box, "scale": 1}
        content = base64.b64decode(self.send("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"])
        drawn = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
        assert drawn is not None
        return drawn.astype(np.uint8)

    def box(self, selector: str) -> dict[str, float]:
        """Where the element is on the whole page; asked without any script of the page."""
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        left, top, right, _, _, bottom, *_ = self.send("DOM.getBoxModel", nodeId=node)["model"]["border"]
        scrolled = self.send("Page.getLayoutMetrics")["cssVisualViewport"]
        return {
            "x": left + scrolled["pageX"],
            "y": top + scrolled["pageY"],
            "width": right - left,
            "height": bottom - top,
        }

    def drag(self, selector: str, across: float, down: float) -> None:
        """Press the mouse on the element's middle, move it, let go."""
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.send("DOM.scrollIntoViewIfNeeded", nodeId=node)
        left, top, right, _, _, bottom, *_ = self.send("DOM.getBoxModel", nodeId=node)["model"]["border"]
        x, y = (left + right) / 2, (top + bottom) / 2
        for kind, dx, dy in (("Pressed", 0, 0), ("Moved", across / 2, down / 2), ("Moved", across, down)):
            self.send("Input.dispatchMouseEvent", type=f"mouse{kind}", x=x + dx, y=y + dy, button="left", clickCount=1)
        self.send("Input.dispatchMouseEvent", type="mouseReleased", x=x + across, y=y + down, button="left")

    @property
    def requests(self) -> list[str]:
        """Every address that the page has asked for."""
        sent = [each for each in self.told if each.get("method") == "Network.requestWillBeSent"]
        return [each["params"]["request"]["url"] for each in sent]

    @property
    def complaints(self) -> list[dict[str, Any]]:
        """Errors of scripts, and what the page's own policy has refused."""
        return [each for each in self.told if each.get("method") in {"Runtime.exceptionThrown", "Log.entryAdded"}]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            read = os.read(self._out, 1 << 16)
            assert read, "the browser has gone"
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))


@contextmanager
def browser_tab(chromium: str, profile: Path) -> Iterator[Tab]:
    """A browser with one empty page; gone with the block."""
    theirs_in, ours_in = os.pipe()
    ours_out, theirs_out = os.pipe()
    # Chromium reads commands from 3 and answers on 4.
    line = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
    words = ["bash", "-c", line, chromium, *_FLAGS.split(), f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(words, pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL)
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Tab(ours_in, ours_out)
    finally:
        process.terminate()
        process.wait(20)
        os.close(ours_in)
        os.close(ours_out)
