#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a station recorded is judged again, elsewhere, to the last bit: test_recorder.py OKNG OKNGD RECIPE SCENARIO."""
import glob
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Station, bits, read, ready, trigger, until, write

OKNG, OKNGD, RECIPE = (os.path.abspath(a) for a in sys.argv[1:4])
OK, NG, REVIEW, FAULT = 1, 2, 3, 4
NAMES = {1: "OK", 2: "NG", 3: "REVIEW", 4: "FAULT"}


def replay(s, folder, *args, ok=(0,), cpu=None):
    """Exit status, parts, totals."""
    env = dict(os.environ, OKNG_CPU=cpu) if cpu else None
    p = subprocess.run([OKNG, "replay", "--json", *args, folder], capture_output=True, text=True, cwd=s.dir, env=env, timeout=300)
    assert p.returncode in ok, f"okng replay: {p.returncode}\n{p.stdout[-2000:]}\n{p.stderr}"
    lines = [json.loads(line) for line in p.stdout.splitlines()]
    return p.returncode, lines[:-1], lines[-1], p.stderr


def then(part):
    return part["then"]["verdict"], part["then"]["reason"]


def run(s, count, **config):
    """The timer's parts."""
    s.config(trigger="timer", period_ms=10, queue=60, **config)
    p = subprocess.run([OKNGD, "--config", "okng.toml", "--parts", str(count)], capture_output=True, text=True, cwd=s.dir, timeout=300)
    assert p.returncode == 0, p.stderr
    assert "missing in it" not in p.stderr, p.stderr


def away(s, data):
    """The recording alone, on another machine."""
    shutil.copytree(s.path(f"{data}/recording"), s.path(f"away-{data}"))
    return f"away-{data}"


def levels():
    have = ["c"]
    cpu = open("/proc/cpuinfo").read() if os.path.exists("/proc/cpuinfo") else ""
    have += ["sse41"] if " sse4_1" in cpu else []
    have += ["avx2"] if " avx2" in cpu else []
    have += ["neon"] if " asimd" in cpu else []
    return have


def modes(s):
    """all, ng, fault, every:10 keep what they say, and every one of it comes out the same on every level."""
    s.config()
    s.teach()
    for i, (record, wanted) in enumerate((
            ("all", lambda r: True), ("ng", lambda r: r["verdict"] != OK), ("fault", lambda r: r["verdict"] == FAULT),
            ("every:10", lambda r: r["id"] % 10 == 1), ("ng,every:7", lambda r: r["verdict"] != OK or r["id"] % 7 == 1))):
        data = f"data{i}"
        run(s, 80, store=f'record = "{record}"\npictures_waiting = 64', data=data)
        rows = [r for r in s.rows(data) if wanted(r)]
        if record == "fault":
            assert not rows and not glob.glob(s.path(f"{data}/recording/*.okr"))
            continue
        assert rows and (record == "all") == (len(rows) == 80)
        folder = away(s, data)
        seen = None
        for cpu in levels():
            _, parts, total, err = replay(s, folder, cpu=cpu)
            assert [p["id"] for p in parts] == [r["id"] for r in rows] and err == ""
            assert total["same"] == len(rows) == total["parts"], total
            for p, r in zip(parts, rows):
                assert then(p) == (NAMES[r["verdict"]], r["reason"]) and p["truth"] == r["truth"]
                assert p["now"] == p["then"] or abs(p["now"]["score"] - p["then"]["score"]) < 0.001
                assert p["frames"][0]["same"] and p["frames"][0]["now"] == p["frames"][0]["then"]
            assert seen in (None, parts)
            seen = parts
    text = s.run("replay", "data1").stdout
    assert "the same to the last bit, 0 with the same verdict but" in text and " NG " in text
    s.run("replay", "--part", "1000", "data1", ok=(2,))
    first = glob.glob(s.path("data0/recording/*.okr"))[0]
    assert len(replay(s, first)[1]) == 80


def change(s):
    """Another recipe, another limit, another model: shown as changed, both ways, by table and status."""
    s.config()
    s.teach()
    run(s, 80, store='record = "all"\npictures_waiting = 64', defect_rate=0.5)
    folder = away(s, "data")
    setup = os.path.join(s.path(folder), "setups", os.listdir(s.path(folder + "/setups"))[0])
    shutil.copytree(setup, s.path("mine"))
    assert replay(s, folder, "--recipe", "mine")[0] == 0
    recipe = open(s.path("mine/recipe.toml")).read()
    s.write("mine/recipe.toml", recipe.replace("area = 12", "area = 2000"))
    assert "area = 2000" in open(s.path("mine/recipe.toml")).read()
    rc, parts, total, _ = replay(s, folder, "--recipe", "mine", "--changed", ok=(1,))
    assert total["changed"] == len(parts) == total["moved"]["NG_OK"] > 10 and "OK_NG" not in total["moved"], total
    assert all(p["state"] == "changed" and p["then"]["verdict"] == "NG" and p["now"]["verdict"] == "OK" for p in parts)
    assert s.run("replay", "--recipe", "mine", folder, ok=(1,)).stdout.endswith(f"  {total['changed']} from NG to OK\n")
    # Taught from other parts only (darker ones): good parts are rejected.
    s.config(extra="")
    s.write("mine/recipe.toml", recipe.replace("sigma_bright", "# sigma_bright").replace("min_bright = ", "min_bright = 1 # ").replace("min_dark = ", "min_dark = 1 # "))
    rc, _, total, _ = replay(s, folder, "--recipe", "mine", ok=(0, 1))
    assert rc == 1 and total["moved"].get("OK_NG", 0) + total["moved"].get("OK_FAULT", 0) > 0, total
    # The setup is evidence: edited in place it is refused, and so is a missing one.
    s.write(os.path.relpath(os.path.join(setup, "recipe.toml"), s.dir), recipe.replace("area = 12", "area = 13"))
    rc, _, total, err = replay(s, folder, ok=(2,))
    assert total["failed"] == 80 and err.count("is not what was recorded") == 1, err
    shutil.rmtree(setup)
    rc, _, total, err = replay(s, folder, ok=(2,))
    assert total["failed"] == 80 and "No such file" in err


def limits(s):
    """Limits that the PLC moved are those of the replay."""
    text = open(RECIPE).read().replace("[limits]", "[limits]\nplc_writable = true")
    s.write("recipes/demo/recipe.toml", text)
    s.config(store='record = "all"\npictures_waiting = 64', defect_rate=0.6)
    s.teach()
    s.start()
    c = s.client()
    ready(c)
    for i in range(1, 41):
        area = 100000.0 if i % 2 == 0 else 12.0
        write(c, 100, list(struct.unpack(">HH", struct.pack(">f", area))))
        trigger(c, i)
    assert s.stop()[0] == 0
    rows = s.rows()
    assert all(r["verdict"] == OK for r in rows[1::2]) and any(r["verdict"] == NG for r in rows[::2])
    folder = away(s, "data")
    _, parts, total, _ = replay(s, folder)
    assert total["same"] == 40, total
    assert [p["frames"][0]["limits"][0] for p in parts[:2]] == [12, 100000]
    # Of the recipe's file, with no limits moved, the even parts are what they would have been.
    setup = "setups/" + os.listdir(s.path(folder + "/setups"))[0]
    _, _, total, _ = replay(s, folder, "--recipe", f"{folder}/{setup}", ok=(1,))
    assert total["moved"] == {"OK_NG": total["changed"]} and total["changed"] > 3, total


def gray_png(path, w, h, value):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(value(x, y) for x in range(w)) for y in range(h))
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 0, 0, 0, 0)) +
                chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def flat(s):
    """Frames are kept as they came, before the flat field, which lies beside them; another one makes other results."""
    gray_png(s.path("white.png"), 320, 240, lambda x, y: 120 + x // 4 + y // 6)
    gray_png(s.path("even.png"), 320, 240, lambda x, y: 200)
    s.run("calib", "flat", "--white", "white.png", "--out", "one.flat")
    s.run("calib", "flat", "--white", "even.png", "--out", "none.flat")
    s.config()
    s.run("camera", "grab", "--config", "okng.toml", "--count", "24", "--out", "good", "--good")
    s.run("learn", "--recipe", "recipes/demo", "--flat", "one.flat", "good")
    run(s, 30, store='record = "all"\npictures_waiting = 64', data="data", camera="""flat = "one.flat"
type = "synthetic"
[camera.synthetic]
width = 320
height = 240
defect_rate = 0.4
""")
    folder = away(s, "data")
    os.unlink(s.path("one.flat"))
    for cpu in levels():
        assert replay(s, folder, cpu=cpu)[2]["same"] == 30
    setup = folder + "/setups/" + os.listdir(s.path(folder + "/setups"))[0]
    assert sorted(os.listdir(s.path(setup))) == ["flat.okf", "model.okm", "recipe.toml"]
    assert replay(s, folder, "--recipe", setup)[2]["same"] == 30
    assert replay(s, folder, "--recipe", setup, "--flat", "none.flat", ok=(1,))[2]["changed"] > 10
    with open(s.path(setup + "/flat.okf"), "r+b") as f:
        f.seek(100)
        f.write(b"\xff\xff")
    assert replay(s, folder, ok=(2,))[2]["failed"] == 30


def faults(s):
    """A part nobody looked at is listed as such; its frame, where one came, is there to look at."""
    s.config()
    s.teach()
    names = sorted(os.listdir(s.path("good")))[:3]
    os.makedirs(s.path("line"))
    for i, n in enumerate(names):
        shutil.copy(s.path("good/" + n), s.path(f"line/{i}.png"))
    with open(s.path("line/1.png"), "r+b") as f:
        f.truncate(os.path.getsize(s.path("line/1.png")) // 2)
    s.config(camera='type = "replay"\n[camera.replay]\nfolder = "line"\nloop = false\n', store='record = "fault"')
    s.start()
    c = s.client()
    ready(c)
    verdicts = [trigger(c, i).verdict for i in range(1, 5)]
    assert verdicts == [OK, FAULT, OK, FAULT], verdicts
    assert s.stop()[0] == 0
    _, parts, total, _ = replay(s, "data")
    assert [(p["id"], p["state"], p["frames"]) for p in parts] == [(2, "no frame", []), (4, "no frame", [])], parts
    assert total["no_frame"] == 2 and parts[0]["then"]["decided_by"]
    # A deadline that cannot be held: the frame came, the verdict did not.
    s.config(width=2048, height=2048, workers=1, deadline_ms=60000, store='record = "fault"', data="late")
    s.teach(10, good="large")
    s.start()
    c = s.client()
    ready(c)
    ms = 20
    for i in range(1, 1000):  # the frame takes its time, then the inspection: a deadline between the two
        write(c, 9, [ms])
        ms = max(1, ms - 2) if trigger(c, i).verdict == OK else ms + 7
        rows = s.rows("late")
        if any("inspection took too long" in r["decided_by"] for r in rows):
            break
    else:
        raise AssertionError("no inspection was ever too late")
    assert s.stop()[0] == 0
    _, parts, total, _ = replay(s, "late")
    assert total["not_judged"] >= 1 and total["not_judged"] + total["no_frame"] == total["parts"] and total["changed"] == 0, total
    late = [p for p in parts if p["state"] == "not judged"][-1]
    assert late["then"]["reason"] == 20 and late["frames"][0]["width"] == 2048


def killed(s):
    """kill -9 in the middle: what is whole is replayed, the cut is told, the next run goes on beside it."""
    s.config(store='record = "all"\npictures_waiting = 64', width=640, height=480)
    s.teach()
    for _ in range(3):
        s.config(store='record = "all"\npictures_waiting = 64', width=640, height=480, trigger="timer", period_ms=20)
        s.start()
        until(lambda: os.path.exists(s.path("data/records.db")) and len(s.rows()), lambda n: n >= 25, "25 rows")
        s.proc.send_signal(signal.SIGKILL)
        s.proc.wait()
        s.stderr.close()
    _, parts, total, err = replay(s, "data")
    ids = [p["id"] for p in parts]
    assert ids == sorted(set(ids)) and len(ids) >= 20 and total["same"] + total["no_frame"] == len(ids) and total["damaged"] == 0, total
    # A cut in the middle of the last part, made by hand.
    last = max(glob.glob(s.path("data/recording/*.okr")), key=os.path.getsize)
    before = len(replay(s, last)[1])
    os.truncate(last, os.path.getsize(last) - 1000)
    _, parts, total, err = replay(s, last)
    assert len(parts) >= before - 2 and total["cut"] == 1 and "in the middle of a part" in err
    with open(last, "r+b") as f:
        f.seek(200000)
        f.write(b"\xff")
    _, parts, total, err = replay(s, last, ok=(2,))
    assert total["damaged"] == 1 and total["same"] + total["no_frame"] == len(parts) and "damaged" in err


def cameras(s):
    """Three cameras, one part: every frame with its own recipe; the worst look is the part's verdict."""
    s.config(camera='type = "synthetic"')
    text = open(s.path("okng.toml")).read()
    head = text[:text.index("[camera]")].replace('[store]\n', '[store]\nrecord = "all"\npictures_waiting = 64\n')
    views = [("top", 640, 480), ("side", 480, 400), ("end", 560, 420)]
    s.write("okng.toml", head + "".join(
        f'[[camera]]\nname = "{n}"\n' + (f'view = "{n}"\n' if n != "top" else "") +
        f'type = "synthetic"\n[camera.synthetic]\nwidth = {w}\nheight = {h}\nseed = {w}\ndefect_rate = 0.2\n' for n, w, h in views))
    recipe = open(s.path("recipes/demo/recipe.toml")).read()
    for name, _, _ in views:
        folder = "recipes/demo" + ("" if name == "top" else "/" + name)
        os.makedirs(s.path(folder), exist_ok=True)
        s.write(folder + "/recipe.toml", recipe)
        s.run("camera", "grab", "--config", "okng.toml", "--camera", name, "--count", "24", "--out", f"good-{name}", "--good")
        s.run("learn", "--recipe", folder, f"good-{name}")
    s.start()
    c = s.client()
    ready(c)
    for i in range(1, 41):
        trigger(c, i)
    assert s.stop()[0] == 0
    rows = s.rows()
    folder = away(s, "data")
    assert len(os.listdir(s.path(folder + "/setups"))) == 3
    _, parts, total, _ = replay(s, folder)
    assert total["same"] == 40, total
    for p, r in zip(parts, rows):
        assert [f["camera_name"] for f in p["frames"]] == ["top", "side", "end"] and then(p) == (NAMES[r["verdict"]], r["reason"])
        assert p["now"]["verdict"] == p["then"]["verdict"]
    assert {p["then"]["verdict"] for p in parts} == {"OK", "NG"}
    # The recipes of all cameras as on the station; then one of them is blind.
    assert replay(s, folder, "--recipe", "recipes/demo")[0] == 0
    s.write("recipes/demo/side/recipe.toml", recipe.replace("area = 12", "area = 2000"))
    _, parts, total, _ = replay(s, folder, "--recipe", "recipes/demo", "--changed", ok=(1,))
    assert total["changed"] and all(r["truth"].startswith("side:") and "top:" not in r["truth"] and "end:" not in r["truth"]
                                    for r in (rows[p["id"] - 1] for p in parts))
    out = s.run("replay", "--part", "1", "--export", "png", folder).stdout
    assert out.count("->") == 4 and sorted(os.listdir(s.path("png")))[0].startswith("00000001-") and len(os.listdir(s.path("png"))) == 3


def again(s):
    """The station runs once more on what it saw: the same verdicts, results to the last bit, faults where they were."""
    s.config()
    s.teach()
    run(s, 40, store='record = "all"\npictures_waiting = 64', defect_rate=0.5)
    run(s, 43, store='record = "all"\npictures_waiting = 64', camera='type = "replay"\n[camera.replay]\nfolder = "data/recording"\n', data="data2")
    one, two = replay(s, "data")[1], replay(s, "data2")[1]
    assert len(one) == 40 and len(two) == 43
    for a, b in zip(one + one[:3], two):  # from the start again at the end
        assert a["then"] == b["then"] and a["frames"][0]["fingerprint"] == b["frames"][0]["fingerprint"], (a, b)
    assert len({p["frames"][0]["fingerprint"] for p in one}) > 15
    s.config(camera='type = "replay"\n[camera.replay]\nfolder = "data/recording"\nloop = false\n', data="data3")
    s.start()
    c = s.client()
    ready(c)
    verdicts = [trigger(c, i).verdict for i in range(1, 42)]
    assert [NAMES[v] for v in verdicts] == [p["then"]["verdict"] for p in one] + ["FAULT"]
    assert s.stop()[0] == 0


def export(s):
    """The exported pictures are what was inspected: played again they get the same verdicts."""
    s.config()
    s.teach()
    run(s, 30, store='record = "all"\npictures_waiting = 64', defect_rate=0.5)
    s.run("replay", "--export", "png", "data")
    rows = s.rows()
    p = s.run("inspect", "--recipe", "recipes/demo", "--json", "png", ok=(0, 1))
    again = [json.loads(line) for line in p.stdout.splitlines()]
    assert [a["verdict"] for a in again] == [NAMES[r["verdict"]] for r in rows]
    assert [round(a["score"] * 1000) for a in again] == [r["score"] for r in rows]


SCENARIOS = {f.__name__: f for f in (modes, change, limits, flat, faults, killed, cameras, again, export)}

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
