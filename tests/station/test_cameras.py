#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# One part, three cameras: one verdict, decided by the worst look; a camera that is lost rejects what the others like; limits of
# one camera move that camera's verdicts alone.
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import Station, bits, block, equal, read, ready, trigger, until, write  # noqa: E402

CAMERAS = {"top": (640, 480, 1), "side": (480, 400, 2), "end": (560, 420, 3)}


def camera(name, extra=""):
    w, h, seed = CAMERAS[name]
    view = f'view = "{name}"\n' if name != "top" else ""
    return f"""[[camera]]
name = "{name}"
{view}type = "synthetic"
[camera.synthetic]
width = {w}
height = {h}
seed = {seed}
defect_rate = 0.15
{extra}
"""


def config(s, cameras, **more):
    s.config(camera='type = "synthetic"', store="pictures_waiting = 64", **more) # none is dropped on a slow disk
    text = open(s.path("okng.toml")).read()
    s.write("okng.toml", text[:text.index("[camera]")] + "".join(cameras))


def teach(s):
    config(s, [camera(name) for name in CAMERAS])
    recipe = open(s.path("recipes/demo/recipe.toml")).read()
    for name in CAMERAS:
        folder = "recipes/demo" + ("" if name == "top" else "/" + name)
        os.makedirs(s.path(folder), exist_ok=True)
        s.write(folder + "/recipe.toml", recipe)
        s.run("camera", "grab", "--config", "okng.toml", "--camera", name, "--count", "24", "--out", f"good-{name}", "--good")
        s.run("learn", "--recipe", folder, f"good-{name}")
    s.run("check", "okng.toml")


def verdicts(s):
    """The verdict is OK exactly when no camera has anything to show, and the row says whose look decided."""
    teach(s)
    s.start()
    c = s.client()
    ready(c)
    blocks = []
    for n in range(1, 121):
        blocks.append(trigger(c, n))
        assert bits(c)[3], "EXPOSURE_DONE"
    assert s.stop()[0] == 0
    rows = s.rows()
    assert len(rows) == 120
    by = {name: 0 for name in CAMERAS}
    for b, row in zip(blocks, rows):
        equal(b, row)
        seen = {t.split(":")[0] for t in row["truth"].split(" ")} - {"good"}
        assert (row["truth"] == "good") == (not seen)
        assert row["verdict"] == (2 if seen else 1), (row["id"], row["truth"], row["decided_by"])
        if seen:
            decided = row["decided_by"].split(":")[0]
            assert decided in seen, (row["truth"], row["decided_by"])
            by[decided] += 1
            w, h, _ = CAMERAS[decided]
            assert row["x"] + row["w"] <= w and row["y"] + row["h"] <= h
            picture = open(s.path("data/" + row["picture"]), "rb").read()
            at = picture.index(b"\xff\xc0") + 5
            assert struct.unpack(">HH", picture[at:at + 4]) == (h, w), "the deciding camera's picture"
        else:
            assert row["acq_id"] == row["id"]
    assert min(by.values()) >= 3, by
    return f"120 parts, NG by camera {by}"


def lost(s):
    """A camera that ends takes the part with it, whatever the others see, and its row says so."""
    teach(s)
    end = f'''[[camera]]
name = "end"
view = "end"
type = "replay"
[camera.replay]
folder = "good-end"
loop = false
'''
    config(s, [camera("top", "defect_rate = 0.0").replace("defect_rate = 0.15\n", ""), camera("side").replace("0.15", "0.0"), end])
    s.start()
    c = s.client()
    ready(c)
    for n in range(1, 25):
        b = trigger(c, n)
        assert b.verdict == 1, vars(b)
    b = trigger(c, 25)
    assert (b.verdict, b.reason) == (4, 21), vars(b)
    until(lambda: bits(c), lambda x: not x[17] and not x[0], "CAMERA_OK and READY off")
    assert read(c, 5, 1) == [21]
    s.await_log("camera end: ")
    assert s.stop()[0] == 0
    assert s.rows()[-1]["reason"] == 21
    return "24 parts with three cameras, then FAULT 21"


def limits(s):
    """A limit that the recipe of the second camera opens stands in the map under its name, and moves its verdicts alone."""
    teach(s)
    path = "recipes/demo/side/recipe.toml"
    text = open(s.path(path)).read()
    s.write(path, text.replace("[limits]\n", "[limits]\nplc_writable = true\n", 1))
    s.run("check", "recipes/demo/side")
    s.start()
    c = s.client()
    ready(c)
    words = c.read_holding_registers(100, 2, slave=1)
    assert not words.isError(), words
    value = struct.unpack(">f", struct.pack(">HH", *words.registers))[0]
    assert value > 0
    assert c.read_holding_registers(106, 2, slave=1).isError(), "[limits] has three, and only one camera opens them"
    write(c, 100, list(struct.unpack(">HH", struct.pack(">f", 100000.0))))
    write(c, 102, list(struct.unpack(">HH", struct.pack(">f", 1000.0))))
    write(c, 104, list(struct.unpack(">HH", struct.pack(">f", 1000000.0))))
    s.await_log("side: limits.area")
    for n in range(1, 81):
        trigger(c, n)
    assert s.stop()[0] == 0
    let, kept = 0, 0
    for row in s.rows():
        seen = {t.split(":")[0] for t in row["truth"].split(" ")} - {"good"}
        assert row["verdict"] == (2 if seen - {"side"} else 1), (row["truth"], row["decided_by"])
        let += seen == {"side"}
        kept += bool(seen - {"side"})
    assert let >= 3 and kept >= 3, (let, kept)
    return f"{let} parts let pass by the limits of the side camera, {kept} kept by the others"


def errors(s):
    """Recipes that do not fit each other are refused, and the station stays in its error state."""
    teach(s)
    path = "recipes/demo/side/recipe.toml"
    text = open(s.path(path)).read()
    s.write(path, text.replace("number = 1\n", "number = 2\n", 1))
    s.start()
    s.await_log(r"side/recipe.toml: number: is 2, but .*recipes/demo/recipe.toml, for the same part, has 1")
    c = s.client()
    b = trigger(c, 1)
    assert (b.verdict, b.reason) in ((4, 25), (4, 24)), vars(b)
    assert read(c, 5, 1) == [24]
    s.write(path, text)
    write(c, 3, [4, 0, 0, 0])
    write(c, 4, [8])
    until(lambda: read(c, 11, 2), lambda v: v == [8, 0], "the reload")
    ready(c)
    assert trigger(c, 2).verdict in (1, 2)
    assert block(c).recipe == 1
    p = s.run("camera", "show", "--config", "okng.toml", "--camera", "back", ok=(2,))
    assert 'no camera has the name "back"' in p.stderr, p.stderr
    assert s.stop()[0] == 0
    return "a recipe for another part is refused until it is right"


if __name__ == "__main__":
    okng, okngd, recipe = (os.path.abspath(a) for a in sys.argv[1:4])
    station = Station(okng, okngd, recipe)
    try:
        print({"verdicts": verdicts, "lost": lost, "limits": limits, "errors": errors}[sys.argv[4]](station))
    except BaseException:
        if station.proc:
            print(station.log()[-4000:], file=sys.stderr)
        raise
    finally:
        station.close()
