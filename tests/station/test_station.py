#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The running daemon, driven by a real Modbus client: test_station.py OKNG OKNGD RECIPE SCENARIO."""
import os
import re
import random
import signal
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (Station, bits, block, coil, equal, read, ready, trigger, until, write)

OKNG, OKNGD, RECIPE = (os.path.abspath(a) for a in sys.argv[1:4])
OK, NG, REVIEW, FAULT = 1, 2, 3, 4


def parts(s):
    """1,000 parts: every register block equals its row and the row's truth is the one injected; few are missed."""
    s.config(width=640, height=480)
    s.teach()
    s.start()
    c = s.client()
    ready(c)
    blocks = []
    for i in range(1, 1001):
        write(c, 10, [0x4142, 0x3030 + i % 10] + [0] * 14)
        blocks.append(trigger(c, i))
    assert s.stop()[0] == 0
    rows = s.rows()
    assert len(rows) == 1000, len(rows)
    escapes = overkill = bad = 0
    for i, (b, row) in enumerate(zip(blocks, rows)):
        equal(b, row)
        assert row["seq"] == i + 1 and row["trig_seq"] == i + 1 and row["recipe"] == 1
        assert row["verdict"] in (OK, NG), row
        good = row["truth"] == "good"
        bad += not good
        escapes += not good and row["verdict"] == OK
        overkill += good and row["verdict"] != OK
    print(f"1000 parts, {bad} with an injected defect: {escapes} escapes, {1000 - bad} good: {overkill} rejected")
    assert 200 < bad < 400
    assert escapes <= bad * 0.02, "more than 2 % of the injected defects escaped"
    assert overkill <= (1000 - bad) * 0.01, "more than 1 % of the good parts were rejected"


def backtoback(s):
    """10,000 triggers back to back: exactly one result each, in order, and the record agrees."""
    s.config(width=160, height=120, store='keep = "none"')
    s.teach(12)
    s.start()
    c = s.client()
    ready(c)
    for i in range(1, 10001):
        b = trigger(c, i)
        assert b.head == i, (b.head, i)
    until(lambda: read(c, 80, 2), lambda v: v == [0, 10000], "10,000 parts counted")
    assert s.stop()[0] == 0
    rows = s.rows()
    assert [r["seq"] for r in rows] == list(range(1, 10001))
    assert [r["trig_seq"] for r in rows] == list(range(1, 10001))


def kill9(s):
    """kill -9 at any moment: every reported row is there, the sequence goes on by one."""
    s.config(width=160, height=120, defect_rate=0.5)
    s.teach(12)
    rng = random.Random(7)
    reported = {}
    trig = 0
    for _ in range(12):
        s.start()
        c = s.client()
        ready(c)
        stop_at = trig + rng.randint(1, 40)
        killer = threading.Timer(0, s.proc.kill)
        while True:
            trig += 1
            if trig == stop_at:
                killer = threading.Timer(rng.random() * 0.004, s.proc.kill)
                killer.start()
            try:
                write(c, 1, [trig])
                b = until(lambda: block(c), lambda b: b.echo == trig and b.head, "result")
            except Exception:  # the connection broke: the daemon is gone
                break
            reported[b.head] = b
            if trig == stop_at + 1000:
                raise AssertionError("the daemon was not killed")
        killer.join()
        s.proc.wait()
        s.stderr.close()
        c.close()
    s.start()
    c = s.client()
    ready(c)
    last = trigger(c, trig + 1)
    reported[last.head] = last
    assert s.stop()[0] == 0
    rows = s.rows()
    assert [r["seq"] for r in rows] == list(range(1, len(rows) + 1)), "the sequence has a gap or a number twice"
    by_seq = {r["seq"]: r for r in rows}
    for seq, b in reported.items():
        equal(b, by_seq[seq])
    under_way = [r for r in rows if r["reason"] == 27]
    assert all(r["verdict"] == FAULT for r in under_way)
    print(f"12 kills, {len(rows)} rows, {len(reported)} reported, {len(under_way)} were under way")


def deadline(s):
    """A verdict later than its deadline is FAULT 20, also when the PLC sets the deadline."""
    s.config(width=2048, height=2048, workers=1, deadline_ms=60000)
    s.teach(10)
    s.start()
    c = s.client()
    ready(c)
    write(c, 9, [1])
    b = trigger(c, 1)
    assert (b.verdict, b.reason) == (FAULT, 20), vars(b)
    assert not bits(c)[6] and bits(c)[7]
    write(c, 9, [0])
    b = trigger(c, 2)
    assert b.reason != 20, vars(b)
    assert s.stop()[0] == 0
    assert [r["reason"] == 20 for r in s.rows()] == [True, False]


def reload_(s):
    """SIGHUP: a bad file is refused with all its errors and the old one stays; a good one takes effect."""
    s.config()
    s.teach()
    s.start()
    c = s.client()
    ready(c)
    crc = read(c, 9, 1)[0]
    recipe = open(s.path("recipes/demo/recipe.toml")).read()
    s.write("recipes/demo/recipe.toml", recipe + "\n[limit]\narea = 3\n")
    s.proc.send_signal(signal.SIGHUP)
    s.await_log(r"the old configuration stays in force")
    assert "limit" in s.log() and "recipe.toml:" in s.log()
    assert trigger(c, 1).verdict in (OK, NG)
    assert read(c, 9, 1)[0] == crc
    s.write("recipes/demo/recipe.toml", recipe.replace("[limits]", "[limits]\ntotal_area = 100000.0"))
    s.proc.send_signal(signal.SIGHUP)
    s.await_log(r"reload: done")
    until(lambda: read(c, 9, 1)[0], lambda v: v != crc, "a new CONFIG_CRC")
    assert trigger(c, 2).verdict in (OK, NG)
    assert s.stop()[0] == 0


def commands(s):
    """Commands 1 to 4: recipes by number, test run, counters, reload; unknown ones fail and change nothing."""
    s.config(defect_rate=0.0)
    s.teach()
    os.makedirs(s.path("recipes/other"))
    text = open(s.path("recipes/demo/recipe.toml")).read()
    s.write("recipes/other/recipe.toml", text.replace("number = 1\n", "number = 42\n", 1).replace('name = "demo"', 'name = "other"', 1))
    s.run("learn", "--recipe", "recipes/other", "good")
    os.makedirs(s.path("recipes/other/reference/ok"))
    os.link(s.path("good/" + sorted(os.listdir(s.path("good")))[0]), s.path("recipes/other/reference/ok/a.png"))
    s.start()
    c = s.client()
    ready(c)

    def command(code, cid, arg=0):
        write(c, 3, [code, 0, arg >> 16, arg & 0xffff])
        write(c, 4, [cid])
        r = until(lambda: read(c, 10, 3), lambda r: r[1] == cid and not bits(c)[12], f"the end of command {cid}")
        assert r[0] == code
        assert bits(c)[13 if r[2] == 0 else 14]
        return r[2]

    assert read(c, 8, 1) == [1]
    assert command(1, 100, 42) == 0
    until(lambda: read(c, 8, 1)[0], lambda v: v == 42, "recipe 42")
    b = trigger(c, 1)
    assert b.recipe == 42
    assert command(1, 101, 4711) != 0
    assert read(c, 8, 1) == [42]
    assert command(2, 102) == 0
    os.makedirs(s.path("recipes/other/reference/ng"))
    os.link(s.path("recipes/other/reference/ok/a.png"), s.path("recipes/other/reference/ng/a.png"))
    assert command(2, 103) != 0
    assert "lies in ng" in s.log()
    assert command(3, 104) == 0
    until(lambda: read(c, 80, 2), lambda v: v == [0, 0], "counters of zero")
    assert command(4, 105) == 0
    assert command(99, 106) != 0
    assert s.stop()[0] == 0


def bitstyle(s):
    """The bit-style cycle, edge by edge."""
    s.config()
    s.teach()
    s.start()
    c = s.client()
    coil(c, 0, True)
    for n in range(1, 51):
        until(lambda: bits(c), lambda b: b[0] and not b[5], "READY")
        coil(c, 1, True)
        until(lambda: bits(c), lambda b: b[2], "TRIG_ACK")
        coil(c, 1, False)
        until(lambda: bits(c), lambda b: not b[2], "TRIG_ACK off")
        until(lambda: bits(c), lambda b: b[3], "EXPOSURE_DONE")
        b = until(lambda: bits(c), lambda b: b[5], "RESULT_VALID")
        assert b[6] != b[7], "dual rail"
        r = block(c)
        assert r.head == n and r.echo == 0 and b[6] == (r.verdict == OK)
        coil(c, 2, True)
        until(lambda: bits(c), lambda b: not b[5] and not b[6] and not b[7], "RESULT_VALID off")
        assert block(c).regs == [0] * 48
        coil(c, 2, False)
    assert s.stop()[0] == 0
    assert len(s.rows()) == 50


def errors(s):
    """What cannot run says so and ends with 2: port in use, no such folder, bad station file; a missing model is FAULT 24."""
    s.config()
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    s.start("--port", str(taken.getsockname()[1]), wait=False)
    assert s.proc.wait(60) == 2 and "in use" in s.log(), s.log()
    s.config(camera='type = "replay"\n[camera.replay]\nfolder = "nowhere"\n')
    s.start(wait=False)
    assert s.proc.wait(60) == 2 and "nowhere" in s.log(), s.log()
    s.config(extra="[plcs]\nport = 99999\n")
    s.start(wait=False)
    assert s.proc.wait(60) == 2 and "okng.toml:" in s.log() and "plcs" in s.log(), s.log()
    s.config(trigger="timer")
    s.start("--parts", "3")  # nothing was taught
    s.await_log("model.okm")
    assert s.proc.wait(60) == 0
    assert [(r["verdict"], r["reason"]) for r in s.rows()] == [(FAULT, 24)] * 3


def modelcheck(s):
    """A damaged model is refused: the station says so, is not READY, and every trigger is rejected."""
    s.config()
    s.teach()
    with open(s.path("recipes/demo/model.okm"), "r+b") as f:
        f.seek(2000)
        byte = f.read(1)
        f.seek(2000)
        f.write(bytes([byte[0] ^ 1]))
    s.start()
    c = s.client()
    until(lambda: read(c, 5, 1)[0], lambda v: v == 24, "ERROR 24")
    assert not bits(c)[0] and bits(c)[8]
    b = trigger(c, 5)
    assert b.verdict == FAULT and b.reason == 25 and bits(c)[11]
    assert s.stop()[0] == 0
    assert "checksum" in s.log() or "damaged" in s.log(), s.log()


def replay(s):
    """A folder of pictures, each part triggered by the PLC; a broken picture is a FAULT and the next goes on."""
    s.config()
    s.teach()
    names = sorted(os.listdir(s.path("good")))[:4]
    os.makedirs(s.path("line"))
    for i, n in enumerate(names):
        os.link(s.path("good/" + n), s.path(f"line/{i}.png"))
    data = open(s.path("line/2.png"), "rb").read()
    os.unlink(s.path("line/2.png"))
    with open(s.path("line/2.png"), "wb") as f:
        f.write(data[:len(data) // 2])
    s.config(camera='type = "replay"\n[camera.replay]\nfolder = "line"\nloop = false\n')
    s.start()
    c = s.client()
    ready(c)
    got = [(lambda b: (b.verdict, b.reason))(trigger(c, i)) for i in range(1, 5)]
    assert got == [(OK, 0), (OK, 0), (FAULT, 22), (OK, 0)], got
    b = trigger(c, 5)
    assert b.verdict == FAULT and b.reason in (21, 25), vars(b)
    until(lambda: bits(c), lambda b: not b[0] and not b[17] and b[8], "CAMERA_OK off")
    assert s.stop()[0] == 0


def boards(s):
    """Real boards (DeepPCB) replayed: the template is OK, the part is NG at an annotated place."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    data = os.path.join(os.environ.get("OKNG_SHARED", os.path.join(root, "..", "shared")), "data/deeppcb")
    if not os.path.isdir(data):
        print(f"skipped: no pictures in {data}")
        sys.exit(77)
    found = 0
    for board in ("00041000", "20085000", "77000000"):
        if not os.path.exists(f"{data}/images/{board}_temp.jpg"):
            continue
        found += 1
        text = open(RECIPE).read().replace("min_images = 10", "min_images = 1")
        s.write("recipes/demo/recipe.toml", text)
        s.run("learn", "--recipe", "recipes/demo", f"{data}/images/{board}_temp.jpg")
        s.config(camera=f'type = "replay"\n[camera.replay]\nfolder = "{data}/images"\npattern = "{board}_*.jpg"\nloop = false\n')
        s.start()
        c = s.client()
        ready(c)
        assert trigger(c, 1).verdict == OK
        b = trigger(c, 2)
        assert b.verdict in (NG, FAULT), vars(b)
        assert s.stop()[0] == 0
        rows = s.rows()[-2:]
        equal(b, rows[1])
    assert found > 0, "none of the boards is there"


def fulldisk(s):
    """Writing fails: the parts go on, the trouble shows, and no row is lost once there is room again."""
    import subprocess
    if os.geteuid() != 0:
        print("skipped: needs root to mount a small file system")
        sys.exit(77)
    s.config(width=160, height=120, defect_rate=0.0, store='keep = "all"\nformat = "png"\nmin_free_mib = 0\njournal_rows = 256')
    s.teach(12)
    os.makedirs(s.path("data"))
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "okng-test", s.path("data")]).returncode != 0:
        print("skipped: mount is not allowed here")
        sys.exit(77)
    try:
        s.start()
        c = s.client()
        ready(c)
        for i in range(1, 6):
            trigger(c, i)
        until(lambda: len(s.rows()), lambda n: n == 5, "five rows")
        with open(s.path("data/fill"), "wb", buffering=0) as f:
            try:
                while f.write(b"\0" * 4096):
                    pass
            except OSError:
                pass
        for i in range(6, 106):
            b = trigger(c, i)
            assert b.verdict == OK, vars(b)
        until(lambda: bits(c), lambda b: b[19], "DISK_WARN")
        os.unlink(s.path("data/fill"))
        until(lambda: len(s.rows()), lambda n: n == 105, "every row")
        assert s.stop()[0] == 0
        assert [r["seq"] for r in s.rows()] == list(range(1, 106))
    finally:
        s.close_process()
        subprocess.run(["umount", s.path("data")], check=False)


MEASURE = """
[[tool]]
name = "%s"
type = "measure"
measure = "distance"
from = [11, 160]
to = [32, 160]
from2 = [308, 160]
to2 = [287, 160]
breadth = 30
scans = 5
transition = "rise"
pick = "first"
edge_sigma = 1.0
unit = "%s"
nominal = %s
tolerance = [-0.5, 0.5]
"""


def measures(s):
    """Measured values reach their registers; one out of tolerance is NG with its own reason, and rejects."""
    s.config(defect_rate=0.0)
    text = open(RECIPE).read()
    recipe = text + "\n[scale]\nmm_per_pixel = 0.25\n" + MEASURE % ("across", "mm", 70)
    s.write("recipes/demo/recipe.toml", recipe)
    s.teach(12)
    s.start()
    c = s.client()
    ready(c)
    for i in range(1, 21):
        b = trigger(c, i)
        regs = read(c, 52, 10)
        values = [struct.unpack(">f", struct.pack(">HH", *regs[k:k + 2]))[0] for k in range(0, 10, 2)]
        assert (b.verdict, b.reason) == (OK, 0), vars(b)
        assert abs(values[0] - 70) < 0.3 and values[1:] == [0, 0, 0, 0], values
    s.write("recipes/demo/recipe.toml", recipe + MEASURE % ("pixels", "px", 290))
    s.proc.send_signal(signal.SIGHUP)
    s.await_log(r"reload: done")
    b = trigger(c, 100)
    regs = read(c, 52, 10)
    values = [struct.unpack(">f", struct.pack(">HH", *regs[k:k + 2]))[0] for k in range(0, 10, 2)]
    assert (b.verdict, b.reason, b.defects) == (NG, 2, 1) and b.score > 500, vars(b)
    assert abs(values[0] - 70) < 0.3 and abs(values[1] - 280) < 1.2 and values[2:] == [0, 0, 0], values
    assert s.stop()[0] == 0
    assert s.rows()[-1]["reason"] == 2 and "distance 2" in s.rows()[-1]["decided_by"], s.rows()[-1]


def drift(s):
    """A lamp that dies is told, in the bit and in the log, before the first good part is rejected for it; patches or none."""
    s.config(defect_rate=0.0)
    text = open(s.path("recipes/demo/recipe.toml")).read()
    config = open(s.path("okng.toml")).read()
    for patches in ("", "patches = [[4, 4, 24, 16], [290, 220, 24, 16]]\n"):
        s.write("recipes/demo/recipe.toml", text + "\n[drift]\n" + patches)
        s.write("okng.toml", config)
        s.teach()
        # Taught in good light; from here it loses a thousandth with each part.
        s.write("okng.toml", config + "fade = 0.001\n")
        s.start()
        c = s.client()
        ready(c)
        told = rejected = 0
        for n in range(1, 1001):
            b = trigger(c, n)
            if not told and until(lambda: bits(c), lambda _: True, "")[18]:
                told = n
                s.await_log(r"camera camera 1: the light is 1\d\.\d % less than taught")
            if b.verdict != OK:
                rejected = n
                break
        assert 80 < told < rejected - 100, (patches, told, rejected)
        print(f"{'patches' if patches else 'whole picture'}: told at part {told}, first good part rejected at {rejected}")
        assert s.stop()[0] == 0
    # With a new lamp it is over, and patches that were not taught are refused.
    s.write("okng.toml", config)
    s.start()
    c = s.client()
    for n in range(1, 41):
        trigger(c, n)
    until(lambda: bits(c), lambda b: not b[18], "IMAGE_DRIFT off")
    assert s.stop()[0] == 0
    s.write("recipes/demo/recipe.toml", text + "\n[drift]\npatches = [[40, 4, 24, 16]]\n")
    s.start()
    s.await_log(r"drift\.patches: are not those that were taught")
    assert s.stop()[0] == 0


def real(*values):
    return [w for v in values for w in struct.unpack(">HH", struct.pack(">f", v))]


def limits(s):
    """Limits that the recipe opens: the PLC moves them from the next part on; the file is in force again after a reload."""
    s.config(defect_rate=0.0)
    text = open(RECIPE).read() + MEASURE % ("across", "mm", 70) + "\n[scale]\nmm_per_pixel = 0.25\n"
    opened = text.replace("[limits]", "[limits]\nplc_writable = true").replace("[-0.5, 0.5]", "[-0.5, 0.5]\nplc_writable = true")
    s.write("recipes/demo/recipe.toml", opened)
    s.teach()
    printed = s.run("plc", "map", "--format", "csv", "--recipe", "recipes/demo").stdout
    assert '\nholding,100,40101,2,float32,read/write,"limits.area",' in printed, printed[-900:]
    assert '\nholding,106,40107,2,float32,read/write,"tool.across.tolerance_low",' in printed and ",110," not in printed, printed[-900:]
    os.makedirs(s.path("recipes/demo/reference/ok"))
    os.link(s.path("good/" + sorted(os.listdir(s.path("good")))[0]), s.path("recipes/demo/reference/ok/a.png"))
    s.start()
    c = s.client()
    ready(c)
    crc = read(c, 9, 1)[0]

    def now():
        return c.read_holding_registers(100, 10, slave=1).registers

    def refused(at, values, code):
        r = c.write_registers(at, values, slave=1)
        assert r.isError() and r.exception_code == code, (at, values, r)

    def tested(cid):
        write(c, 3, [2, cid])
        return until(lambda: read(c, 10, 3), lambda r: r[1] == cid and not bits(c)[12], "the end of the test run")[2]

    filed, wide, beside = real(12, 0, 0, -0.5, 0.5), real(-0.5, 0.5), real(3, 4)
    assert now() == filed
    assert trigger(c, 1).verdict == OK
    assert tested(1) == 0
    write(c, 106, beside)
    assert read(c, 9, 1)[0] != crc
    b = trigger(c, 2)
    assert (b.verdict, b.reason) == (NG, 2), vars(b)
    assert tested(2) != 0  # with the limits in force, not those of the file
    # A part under way keeps what was in force at its trigger.
    for i in range(3, 23):
        write(c, 106, beside if i % 2 else wide)
        write(c, 1, [i])
        write(c, 106, wide if i % 2 else beside)
        b = until(lambda: block(c), lambda b: b.echo == i and b.head, f"result {i}")
        assert b.verdict == (NG if i % 2 else OK), (i, vars(b))
    write(c, 106, wide)
    assert read(c, 9, 1)[0] == crc and now() == filed
    for at, values in ((100, real(0.5)), (100, real(float("nan"))), (100, real(2e9)), (102, real(0.5)), (106, real(0.5)), (106, real(0.6, -0.6)),
                       (100, real(13, -1))):
        refused(at, values, 3)
    for at, values in ((100, [1]), (101, [1, 2]), (110, [1, 2]), (108, [1, 2, 3, 4]), (99, [1, 2])):
        refused(at, values, 2)
    assert c.write_register(100, 1, slave=1).exception_code == 2
    assert now() == filed
    write(c, 100, real(30))
    s.await_log(r"station 1: 127.0.0.1:\d+ moves limits.area from 12 to 30\n")
    # A reload of the same file: back to what it says, the CRC too.
    write(c, 106, beside)
    s.proc.send_signal(signal.SIGHUP)
    s.await_log(r"reload: done")
    until(now, lambda r: r == filed, "the file's limits")
    assert trigger(c, 100).verdict == OK
    assert read(c, 9, 1)[0] == crc
    write(c, 106, beside)
    # A reload that is refused leaves everything as it was, and one that closes them closes the registers.
    s.write("recipes/demo/recipe.toml", "nonsense = 1\n")
    s.proc.send_signal(signal.SIGHUP)
    s.await_log(r"the old configuration stays in force")
    assert trigger(c, 101).verdict == NG
    s.write("recipes/demo/recipe.toml", text)
    s.proc.send_signal(signal.SIGHUP)
    s.await_log(r"reload: done", 2)
    until(lambda: c.write_registers(106, beside, slave=1), lambda r: r.isError() and r.exception_code == 2, "locked registers")
    assert trigger(c, 102).verdict == OK
    assert s.stop()[0] == 0


SCENARIOS = {f.__name__.rstrip("_"): f for f in (parts, backtoback, kill9, deadline, reload_, commands, bitstyle, errors,
                                                 modelcheck, replay, boards, fulldisk, measures,
                                                 limits, drift)}

if __name__ == "__main__":
    station = Station(OKNG, OKNGD, RECIPE)
    try:
        SCENARIOS[sys.argv[4]](station)
    except BaseException:
        if os.path.exists(station.stderr_path):
            print(station.log(), file=sys.stderr)
        raise
    finally:
        station.close()
