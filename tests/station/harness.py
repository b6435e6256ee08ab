# SPDX-License-Identifier: Apache-2.0
"""A station of its own for each test: a folder, a taught recipe, a running okngd, a pymodbus client.

Readiness is okngd's own word ("PLC registers on …"), never a wait for time; every wait has a limit far above need.
"""
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

try:
    from pymodbus.client import ModbusTcpClient
except ImportError:
    print("skipped: python3-pymodbus is not installed")
    sys.exit(77)

LIMIT = 60.0  # seconds for anything that must happen
BLOCK = 16    # first input register of the result block


# Finds nothing in any picture, and looks at every one: for tests of cameras that show what they like.
BLOBS = """
name = "blobs"
number = 1
[locate]
enabled = false
[image]
match_light = false
[[tool]]
name = "spots"
type = "blob"
threshold = "absolute"
bright = 254
[limits]
area = 1000000.0
"""


def u32(regs, at):
    return regs[at] << 16 | regs[at + 1]


class Block:
    """The result block, decoded, with the names of the interface."""

    def __init__(self, regs):
        self.regs = regs
        (self.head, self.echo, self.acq, self.verdict, self.reason, self.recipe, self.cls, self.defects, self.score,
         self.limit, self.x, self.y, self.w, self.h) = regs[0:14]
        self.area = u32(regs, 14)
        self.time = regs[16]
        self.age = regs[17]
        self.utc = u32(regs, 18)
        self.part_id = b"".join(r.to_bytes(2, "big") for r in regs[20:36]).rstrip(b"\0").decode()
        self.tail = regs[47]


class Station:
    def __init__(self, okng, okngd, recipe_source):
        self.okng, self.okngd = okng, okngd
        self.tmp = tempfile.TemporaryDirectory(prefix="okng-test-")
        self.dir = self.tmp.name
        self.proc = None
        self.port = None
        self.stderr_path = os.path.join(self.dir, "stderr")
        os.makedirs(os.path.join(self.dir, "recipes/demo"))
        text = open(recipe_source).read()
        self.write("recipes/demo/recipe.toml", text)
        self.config()

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)

    def config(self, deadline_ms=5000, trigger="plc", period_ms=20, camera=None, queue=8, defect_rate=0.3, width=320,
               height=240, extra="", store="", seed=1, workers=2, recipe="demo", name="test", file="okng.toml", plc=True,
               recipes="recipes", data="data", more=()):
        camera = camera or f"""type = "synthetic"
[camera.synthetic]
width = {width}
height = {height}
seed = {seed}
defect_rate = {defect_rate}
"""
        plc = """[plc]
bind = "127.0.0.1"
port = 0
""" if plc else ""
        more = f"more = {json.dumps(list(more))}\n" if more else ""
        self.write(file, f"""
[station]
name = "{name}"
{more}recipe = "{recipe}"
recipes = "{recipes}"
workers = {workers}
queue = {queue}
deadline_ms = {deadline_ms}
[trigger]
source = "{trigger}"
period_ms = {period_ms}
{plc}[store]
folder = "{data}"
{store}
{extra}
[camera]
{camera}
""")

    def run(self, *args, ok=(0,)):
        p = subprocess.run([self.okng, *args], capture_output=True, text=True, cwd=self.dir, timeout=300)
        assert p.returncode in ok, f"okng {' '.join(args)}: {p.returncode}\n{p.stdout}\n{p.stderr}"
        return p

    def teach(self, count=24, file="okng.toml", recipe="recipes/demo", good="good"):
        self.run("camera", "grab", "--config", file, "--count", str(count), "--out", good, "--good")
        self.run("learn", "--recipe", recipe, good)

    def start(self, *args, wait=True):
        self.stderr = open(self.stderr_path, "w")
        self.proc = subprocess.Popen([self.okngd, "--config", "okng.toml", *args], cwd=self.dir, stderr=self.stderr,
                                     stdout=subprocess.PIPE, text=True)
        if wait:
            self.port = int(self.await_log(r"PLC registers on [^ ]*:(\d+)").group(1))
            self.await_log(r"station test")

    def log(self):
        return open(self.stderr_path).read()

    def await_log(self, pattern, count=1):
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            found = list(re.finditer(pattern, self.log()))
            if len(found) >= count:
                return found[count - 1]
            if self.proc.poll() is not None:
                found = list(re.finditer(pattern, self.log()))
                if len(found) >= count:
                    return found[count - 1]
                raise AssertionError(f"okngd ended with {self.proc.returncode}:\n{self.log()}")
            time.sleep(0.005)
        raise AssertionError(f"'{pattern}' never came:\n{self.log()}")

    def client(self):
        c = ModbusTcpClient("127.0.0.1", port=self.port, timeout=LIMIT)
        assert c.connect()
        return c

    def stop(self, sig=signal.SIGTERM):
        self.proc.send_signal(sig)
        out, _ = self.proc.communicate(timeout=LIMIT)
        self.stderr.close()
        return self.proc.returncode, out

    def rows(self, data="data"):
        db = sqlite3.connect(f"file:{self.path(data)}/records.db?mode=ro", uri=True)
        db.row_factory = sqlite3.Row
        try:
            return [dict(r) for r in db.execute("SELECT * FROM record ORDER BY id")]
        finally:
            db.close()

    def close_process(self):
        if self.proc and self.proc.poll() is None:
            self.proc.kill()
            self.proc.wait()

    def close(self):
        self.close_process()
        self.tmp.cleanup()


def read(client, at, n, unit=1):
    r = client.read_input_registers(at, n, slave=unit)
    assert not r.isError(), r
    return r.registers


def block(client, unit=1):
    return Block(read(client, BLOCK, 48, unit))


def bits(client, unit=1):
    r = client.read_discrete_inputs(0, 22, slave=unit)
    assert not r.isError(), r
    return r.bits[:22]


def write(client, at, values, unit=1):
    r = client.write_registers(at, values, slave=unit)
    assert not r.isError(), r


def coil(client, at, value, unit=1):
    r = client.write_coil(at, value, slave=unit)
    assert not r.isError(), r


def until(read_it, good, what):
    end = time.monotonic() + LIMIT
    while True:
        value = read_it()
        if good(value):
            return value
        assert time.monotonic() < end, f"{what} never came, last: {vars(value) if hasattr(value, '__dict__') else value}"


def ready(client, unit=1):
    until(lambda: bits(client, unit), lambda b: b[0], "READY")


def trigger(client, seq, unit=1):
    """Sequence style: one trigger, its result."""
    write(client, 1, [seq], unit)
    b = until(lambda: block(client, unit), lambda b: b.echo == seq and b.head, f"the result of trigger {seq}")
    assert b.head == b.tail, "a torn block"
    return b


def equal(b, row):
    """The register block against the row in the record."""
    for name, reg, value in (
            ("seq", b.head, row["seq"]), ("trig_seq", b.echo, row["trig_seq"]), ("verdict", b.verdict, row["verdict"]),
            ("reason", b.reason, row["reason"]), ("recipe", b.recipe, row["recipe"]), ("class", b.cls, row["class_number"]),
            ("defects", b.defects, row["defects"]), ("score", b.score, row["score"]), ("limit", b.limit, row["score_limit"]),
            ("x", b.x, row["x"]), ("y", b.y, row["y"]), ("w", b.w, row["w"]), ("h", b.h, row["h"]),
            ("area", b.area, row["area"]), ("acq", b.acq, row["acq_id"] & 0xffff), ("time", b.time, min(row["time_us"] // 100, 65535)),
            ("utc", b.utc, row["utc_us"] // 1000000), ("part id", b.part_id, row["part_id"])):
        assert reg == value, f"part {row['id']}: {name} is {reg} in the registers and {value} in the record"
