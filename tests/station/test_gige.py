#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The running daemon with a GigE camera: test_gige.py OKNG OKNGD RECIPE SCENARIO.

Aravis's camera (aravis-tools) sits at the other end of a veth pair, in a network namespace of its own. Everything is in
a namespace of the test's own; where that is not allowed the test is skipped and says so.
"""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import BLOBS, LIMIT, Station, bits, read, u32, until  # noqa: E402

OKNG, OKNGD, RECIPE = (os.path.abspath(a) for a in sys.argv[1:4])
CAMERA = "arv-fake-gv-camera-0.8"
CAMERA_OK = 17
OK, NG, FAULT = 1, 2, 4
DROPPED, INCOMPLETE, RECONNECTS = 92, 94, 96


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def alone():
    """Goes on in a network of its own."""
    if "OKNG_GIGE_ALONE" in os.environ:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    way = ["unshare", "--net"] if os.getuid() == 0 else ["unshare", "--map-root-user", "--net"]
    for tool in ("unshare", "nsenter", "ip", CAMERA):
        if not shutil.which(tool):
            skip(f"{tool} is not installed")
    if subprocess.run([*way, "ip", "link", "add", "okng0", "type", "veth", "peer", "name", "okng1"], capture_output=True).returncode:
        skip("a network namespace with a veth pair is not allowed here")
    os.environ["OKNG_GIGE_ALONE"] = "1"
    os.execvp(way[0], [*way, sys.executable, *sys.argv])


class Camera:
    """A camera's end of the cable; the camera on it can be killed and started again."""

    def __init__(self):
        self.proc = None
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo ready; exec cat"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "ready\n"
        self.there = ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net"]
        for command in ("link add okng0 mtu 9000 type veth peer name okng1 mtu 9000", f"link set okng1 netns {self.holder.pid}",
                        "addr add 10.77.0.1/24 brd + dev okng0", "link set okng0 up"):
            subprocess.run(["ip", *command.split()], check=True)
        for command in ("addr add 10.77.0.2/24 brd + dev okng1", "link set okng1 up"):
            subprocess.run([*self.there, "ip", *command.split()], check=True)

    def start(self, lost=0):
        self.proc = subprocess.Popen([*self.there, CAMERA, "-i", "okng1", "-s", "ST1", "-r", str(lost)])

    def kill(self):
        if self.proc:
            self.proc.kill()
            self.proc.wait()
        self.proc = None

    def close(self):
        self.kill()
        self.holder.stdin.close()
        self.holder.wait(timeout=LIMIT)


def begin(s, camera, lost=0, keep="all"):
    s.config(deadline_ms=400, trigger="timer", period_ms=60, recipe="demo", store=f'keep = "{keep}"\nformat = "png"', camera="""type = "aravis"
[camera.aravis]
id = "ST1"
width = 320
height = 240
lost_ms = 800
frame_timeout_ms = 300
""")
    s.write("recipes/demo/recipe.toml", BLOBS)
    camera.start(lost)
    until(lambda: s.run("camera", "list", ok=(0, 1)).stdout, lambda out: "ST1" in out, "the camera")
    s.run("camera", "show", "--config", "okng.toml")
    s.start()
    return s.client()


def counter(c, at):
    return u32(read(c, at, 2), 0)


def judged(c):
    """Parts that were looked at."""
    return counter(c, 82) + counter(c, 84)


def in_order(rows):
    assert [r["seq"] for r in rows] == list(range(1, len(rows) + 1)), "a part has no answer, or two"


def lost(s, camera):
    """kill -9 of the camera in the middle of a run, and its return: every part answered, with its reason."""
    c = begin(s, camera, keep="none")
    until(lambda: judged(c), lambda n: n >= 10, "ten judged parts")
    assert bits(c)[CAMERA_OK]
    for round_ in (1, 2):
        camera.kill()
        until(lambda: bits(c), lambda b: not b[CAMERA_OK], "CAMERA_OK off")
        faults = counter(c, 88)
        until(lambda: counter(c, 88), lambda n: n >= faults + 10, "ten parts without a camera")
        before = judged(c)
        camera.start()
        until(lambda: bits(c), lambda b: b[CAMERA_OK], "CAMERA_OK again")
        until(lambda: judged(c), lambda n: n >= before + 10, "ten more judged parts")
        until(lambda: counter(c, RECONNECTS), lambda n: n >= round_, "RECONNECTS")
    s.await_log(r"lost: the camera has not answered")
    s.await_log(r"found again and set up")
    assert s.stop()[0] == 0
    rows = s.rows()
    in_order(rows)
    faults = [r for r in rows if r["verdict"] == FAULT]
    reasons = {n: sum(r["reason"] == n for r in faults) for n in sorted({r["reason"] for r in faults})}
    print(f"{len(rows)} parts, FAULT by reason: {reasons}")
    assert set(reasons) <= {20, 21, 22} and reasons[21] >= 20, reasons
    assert all(r["decided_by"] for r in faults)
    assert all(r["verdict"] in (OK, NG, FAULT) for r in rows)


def holes(s, camera):
    """Lost packets: each part answered, a frame with holes is FAULT 22 and its picture is not kept."""
    c = begin(s, camera, lost=4)
    until(lambda: read(c, 80, 2)[1], lambda n: n >= 100, "100 parts")
    assert s.stop()[0] == 0
    rows = s.rows()
    in_order(rows)
    broken = [r for r in rows if r["reason"] == 22]
    whole = [r for r in rows if r["verdict"] in (OK, NG)]
    print(f"{len(rows)} parts, {len(broken)} with holes, {len(whole)} whole")
    assert broken and whole
    assert all(r["verdict"] == FAULT and not r["picture"] for r in broken), "a frame with holes was kept"
    assert all("incomplete" in r["decided_by"] or "no frame" in r["decided_by"] for r in broken), broken[0]


SCENARIOS = {f.__name__: f for f in (lost, holes)}

if __name__ == "__main__":
    alone()
    station = Station(OKNG, OKNGD, RECIPE)
    camera_ = Camera()
    try:
        SCENARIOS[sys.argv[4]](station, camera_)
    except BaseException:
        if os.path.exists(station.stderr_path):
            print(station.log(), file=sys.stderr)
        raise
    finally:
        station.close()
        camera_.close()
