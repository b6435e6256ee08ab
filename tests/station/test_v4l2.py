#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The running daemon with a V4L2 camera that is unplugged and breaks: test_v4l2.py OKNG OKNGD RECIPE.

Runs where the kernel has its test driver vivid and the test may take it away: in a virtual machine (tests/camera/vm).
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import BLOBS, Station, bits, read, u32, until  # noqa: E402

OKNG, OKNGD, RECIPE = (os.path.abspath(a) for a in sys.argv[1:4])
DRIVER = "/sys/bus/platform/drivers/vivid/"
CAMERA_OK = 17
OK, NG, FAULT = 1, 2, 4
DROPPED, INCOMPLETE, RECONNECTS = 92, 94, 96


def counter(c, at):
    return u32(read(c, at, 2), 0)


def judged(c):
    """Parts that were looked at."""
    return counter(c, 82) + counter(c, 84)


def plug(what):
    with open(DRIVER + what, "w") as f:
        f.write("vivid.0")


def main(s):
    s.config(deadline_ms=3000, trigger="timer", period_ms=300, recipe="demo", store='keep = "none"', camera="""type = "v4l2"
[camera.v4l2]
id = "platform:vivid-000"
format = "GREY"
width = 320
height = 180
fps = 25.0
frame_timeout_ms = 2000
""")
    s.write("recipes/demo/recipe.toml", BLOBS)
    assert "platform:vivid-000" in s.run("camera", "list").stdout
    assert "320 x 180" in s.run("camera", "show", "--config", "okng.toml").stdout
    s.start()
    c = s.client()
    until(lambda: judged(c), lambda n: n >= 5, "five judged parts")
    assert bits(c)[CAMERA_OK]
    plug("unbind")
    until(lambda: bits(c), lambda b: not b[CAMERA_OK], "CAMERA_OK off")
    faults = counter(c, 88)
    until(lambda: counter(c, 88), lambda n: n >= faults + 5, "five parts without a camera")
    before = judged(c)
    plug("bind")
    until(lambda: bits(c), lambda b: b[CAMERA_OK], "CAMERA_OK again")
    until(lambda: judged(c), lambda n: n >= before + 5, "five more judged parts")
    until(lambda: counter(c, RECONNECTS), lambda n: n == 1, "RECONNECTS")
    s.await_log(r"lost: the camera was unplugged")
    s.await_log(r"found again and set up")
    assert s.stop()[0] == 0
    rows = s.rows()
    assert [r["seq"] for r in rows] == list(range(1, len(rows) + 1)), "a part has no answer, or two"
    faults = [r for r in rows if r["verdict"] == FAULT]
    reasons = {n: sum(r["reason"] == n for r in faults) for n in sorted({r["reason"] for r in faults})}
    print(f"{len(rows)} parts, FAULT by reason: {reasons}")
    assert set(reasons) <= {20, 21, 22} and reasons[21] >= 5, reasons
    assert all(r["decided_by"] for r in faults)
    assert all(r["verdict"] in (OK, NG, FAULT) for r in rows)


if __name__ == "__main__":
    station = Station(OKNG, OKNGD, RECIPE)
    try:
        main(station)
    except BaseException:
        if os.path.exists(station.stderr_path):
            print(station.log(), file=sys.stderr)
        raise
    finally:
        station.close()
