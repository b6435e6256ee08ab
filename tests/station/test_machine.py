#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# Three stations in one okngd: each has its unit id, its part numbers, its writer, its recipe, its record and its camera's
# troubles to itself, over Modbus TCP, a serial line, and as the master of one station's PLC.
import json
import os
import shutil
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "plc"))

from harness import LIMIT, Station, bits, block, equal, read, ready, trigger, until, write  # noqa: E402
from links import Line  # noqa: E402
from plc_server import Plc  # noqa: E402

NAMES = ["test", "left", "right"]


def describe(s, extra=""):
    """Three cameras of different size and other parts: what belongs to another shows at once."""
    s.config(more=["left.toml", "right.toml"], extra=extra, workers=1)
    text = open(s.path("recipes/demo/recipe.toml")).read()
    for i, name in enumerate(NAMES[1:], 2):
        os.makedirs(s.path(f"{name}/demo"), exist_ok=True)
        s.write(f"{name}/demo/recipe.toml", text.replace("number = 1\n", f"number = {i}\n", 1))
        s.config(name=name, file=f"{name}.toml", plc=False, recipes=name, data=f"data-{name}", seed=i, width=320 + 80 * (i - 1), workers=1)


def teach(s):
    s.teach()
    for name in NAMES[1:]:
        s.teach(file=f"{name}.toml", recipe=f"{name}/demo", good=f"good-{name}")


def own(s):
    """Parts of all three at once, from three PLCs; then every block is in the right record, and only there."""
    describe(s)
    teach(s)
    s.run("check", "okng.toml")
    s.start()
    s.await_log(r"station left, unit 2")
    s.await_log(r"station right, unit 3")
    seen = {1: [], 2: [], 3: []}
    failures = []

    def plc(unit):
        try:
            c = s.client()
            ready(c, unit)
            for n in range(1, 41):
                seen[unit].append(trigger(c, 1000 * unit + n, unit))
            c.close()
        except BaseException as e:  # noqa: B036, shown below, where it fails the test
            failures.append((unit, e))

    threads = [threading.Thread(target=plc, args=(unit,)) for unit in seen]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures, failures
    c = s.client()
    assert [read(c, 80, 2, unit)[1] for unit in (1, 2, 3)] == [40, 40, 40]
    assert [read(c, 8, 1, unit) for unit in (1, 2, 3)] == [[1], [2], [3]], "each its recipe"
    for wrong in (4, 5, 247):
        assert c.read_input_registers(0, 4, slave=wrong).exception_code == 11, wrong
    assert block(c, 0).head == block(c, 1).head == 40, "0 means the first"
    # A writer of one station is no writer of another.
    d = s.client()
    write(c, 1, [0], 1)
    write(d, 1, [0], 2)
    assert c.write_registers(1, [0], slave=2).exception_code == 6
    assert d.write_registers(1, [0], slave=1).exception_code == 6
    write(c, 1, [0], 3)
    # The heart of each beats.
    before = [read(c, 3, 1, unit)[0] for unit in (1, 2, 3)]
    for unit in (1, 2, 3):
        until(lambda: read(c, 3, 1, unit)[0], lambda v: v != before[unit - 1], f"a beat of {unit}")
    assert s.stop()[0] == 0
    for unit, data in ((1, "data"), (2, "data-left"), (3, "data-right")):
        rows = s.rows(data)
        assert [r["seq"] for r in rows] == list(range(1, 41)), data
        assert [r["trig_seq"] for r in rows] == [1000 * unit + n for n in range(1, 41)]
        for b, row in zip(seen[unit], rows):
            equal(b, row)
            assert row["recipe"] == unit
    return "3 × 40 parts, each block in the record of its station"


def apart(s):
    """What happens to one does not touch the others: offline, recipe change, reload, a camera that ends."""
    describe(s)
    teach(s)
    # The third plays a folder once, and then has no camera.
    s.config(name="right", file="right.toml", plc=False, recipes="right", data="data-right",
             camera='type = "replay"\n[camera.replay]\nfolder = "good-right"\nloop = false\n')
    os.makedirs(s.path("left/other"))
    text = open(s.path("left/demo/recipe.toml")).read()
    s.write("left/other/recipe.toml", text.replace("number = 2\n", "number = 42\n", 1))
    shutil.copy(s.path("left/demo/model.okm"), s.path("left/other/model.okm"))
    s.start()
    c = s.client()
    for unit in (1, 2, 3):
        ready(c, unit)
    write(c, 3, [1, 0, 0, 42], 2)
    write(c, 4, [7], 2)
    until(lambda: read(c, 8, 1, 2), lambda v: v == [42], "recipe 42 of the second")
    s.await_log(r"left: recipe other \(42\) is in force")
    assert read(c, 8, 1, 1) == [1] and read(c, 8, 1, 3) == [3]
    assert read(c, 11, 1, 2) == [7] and read(c, 11, 1, 1) == [0] and read(c, 11, 1, 3) == [0], "an answer for the second alone"
    assert c.write_coil(5, True, slave=3).isError() is False  # SET_OFFLINE
    until(lambda: bits(c, 3), lambda b: not b[0], "the third offline")
    assert bits(c, 1)[0] and bits(c, 2)[0]
    s.await_log(r"right: taken offline by the PLC")
    assert c.write_coil(5, False, slave=3).isError() is False
    ready(c, 3)
    pictures = len(os.listdir(s.path("good-right")))
    for n in range(1, pictures + 1):
        assert trigger(c, n, 3).verdict != 4
    b = trigger(c, pictures + 1, 3)
    assert (b.verdict, b.reason) == (4, 21), vars(b)
    until(lambda: bits(c, 3), lambda x: not x[0], "READY of the third off")
    for unit in (1, 2):
        assert trigger(c, 1, unit).verdict in (1, 2)
    # A reload reads all files, and one bad file leaves all as they were.
    crc = [read(c, 9, 1, unit) for unit in (1, 2, 3)]
    good = open(s.path("left.toml")).read()
    s.write("left.toml", good.replace("deadline_ms = 5000", "deadline_ms = 0"))
    s.proc.send_signal(signal.SIGHUP)
    s.await_log(r"left\.toml:\d+: station\.deadline_ms: must be a whole number")
    s.await_log(r"reload: refused")
    assert [read(c, 9, 1, unit) for unit in (1, 2, 3)] == crc
    s.write("left.toml", good.replace("deadline_ms = 5000", "deadline_ms = 4000"))
    write(c, 3, [4, 0, 0, 0], 1)
    write(c, 4, [8], 1)
    until(lambda: read(c, 11, 2, 1), lambda v: v == [8, 0], "the reload of the first")
    assert [read(c, 9, 1, unit) for unit in (1, 2, 3)] == crc, "the first alone was loaded anew"
    s.proc.send_signal(signal.SIGHUP)
    until(lambda: read(c, 9, 1, 2), lambda v: v != crc[1], "the second's new file")
    until(lambda: read(c, 8, 1, 2), lambda v: v == [2], "the recipe that its file says")
    assert trigger(c, 2, 2).recipe == 2
    assert s.stop()[0] == 0
    return "recipe, offline, camera's end and reload of one station leave the others alone"


def lines(s):
    """The second station's PLC has okng as its master; all three are on a serial line too, from unit 11."""
    with Line(s.dir) as line, Plc(control_at=1000, result_at=2000, words=100) as plc:
        describe(s, f"""[[link]]
role = "client"
name = "press"
station = 2
host = "127.0.0.1"
port = {plc.port}
control_at = 1000
result_at = 2000
result_words = 100
response_ms = 20000
[[link]]
role = "rtu-server"
device = "{line.ours}"
parity = "none"
unit = 11
""")
        s.run("check", "okng.toml")
        teach(s)
        s.start()
        s.await_log("press, client .*: UP")
        from pymodbus.client import ModbusSerialClient
        rtu = ModbusSerialClient(method="rtu", port=line.theirs, baudrate=19200, parity="N", timeout=LIMIT)
        assert rtu.connect()
        for n in range(1, 11):
            plc.set(1, n)
            b = plc.await_echo(n)
            assert b[8] == 2, "the second's recipe"
            assert rtu.read_input_registers(16, 2, slave=12).registers == [n, n]
        assert rtu.read_input_registers(16, 2, slave=11).registers == [0, 0]
        write(rtu, 1, [5], 13)
        until(lambda: rtu.read_input_registers(16, 2, slave=13).registers, lambda w: w == [1, 5], "the third's part")
        # A lost PLC is the trouble of its station alone.
        c = s.client()
        plc.stop()
        until(lambda: read(c, 6, 1, 2), lambda w: w == [2], "WARNING 2 of the second")
        assert read(c, 6, 1, 1) == [0] and read(c, 6, 1, 3) == [0]
        assert s.stop()[0] == 0
        rtu.close()
    return "a master for the second, a serial line for all"


def errors(s):
    """Every file's errors, with file, line and key."""
    describe(s)
    good = open(s.path("left.toml")).read()

    def refused(expected, **files):
        for name, text in files.items():
            s.write(f"{name}.toml", text)
        p = s.run("check", "okng.toml", ok=(1,))
        for line in expected:
            assert line in p.stdout + p.stderr, f"no '{line}' in\n{p.stdout}{p.stderr}"
        q = subprocess.run([s.okngd, "-c", "okng.toml"], cwd=s.dir, capture_output=True, text=True, timeout=LIMIT)
        assert q.returncode == 2, q
        for line in expected:
            assert line in q.stderr, f"no '{line}' in\n{q.stderr}"

    def line_of(text, start):
        return next(i for i, line in enumerate(text.splitlines(), 1) if line.startswith(start))

    text = good + "[plc]\nport = 0\n"
    refused([f"left.toml:{line_of(text, '[plc]')}: plc: belongs in okng.toml"], left=text)
    text = good.replace('name = "left"', 'name = "test"')
    refused([f"left.toml:{line_of(text, 'name')}: station.name: \"test\" is the name of the station of okng.toml too"], left=text)
    text = good.replace("data-left", "data")
    refused([f"left.toml:{line_of(text, 'folder')}: store.folder: data is the folder of the station of okng.toml too"], left=text)
    text = good.replace("queue = 8", "queue = 0")
    other = open(s.path("right.toml")).read().replace("workers = 1", "wurkers = 1")
    refused([f"left.toml:{line_of(text, 'queue')}: station.queue: must be", f"right.toml:{line_of(other, 'wurkers')}: station.wurkers: unknown key"],
            left=text, right=other)
    s.write("left.toml", good)
    os.unlink(s.path("right.toml"))
    refused(["right.toml: cannot be read: No such file or directory"])
    describe(s, '[[link]]\nrole = "client"\nhost = "127.0.0.1"\nstation = 4\n')
    text = open(s.path("okng.toml")).read()
    refused([f"okng.toml:{line_of(text, 'station = 4')}: link.station: 4 is more than there are stations (3)"])
    describe(s, '[[link]]\nrole = "rtu-server"\ndevice = "line"\nunit = 246\n')
    text = open(s.path("okng.toml")).read()
    refused([f"okng.toml:{line_of(text, 'unit = 246')}: link.unit: 246 leaves no unit ids"])
    report = json.loads(s.run("check", "--json", "okng.toml", ok=(1,)).stdout)
    assert report["errors"][0]["key"] == "link.unit", report
    return "8 mistakes, each named at its line"


def main():
    okng, okngd, recipe = (os.path.abspath(a) for a in sys.argv[1:4])
    scenario = {"own": own, "apart": apart, "lines": lines, "errors": errors}[sys.argv[4]]
    if scenario is lines and not shutil.which("socat"):
        print("skipped: socat is not installed")
        return 77
    s = Station(okng, okngd, recipe)
    try:
        print(scenario(s))
    except BaseException:
        if s.proc:
            print(s.log()[-4000:], file=sys.stderr)
        raise
    finally:
        s.close()
    return 0


sys.exit(main())
