#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# A station whose camera has a lens profile: taught and judged through it, refused with another or none, CONFIG_CRC moves with
# it, and okng inspect and okng replay come to the same verdicts.
import json
import os
import re
import sys
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import Station, bits, read, ready, trigger  # noqa: E402

HEAD = "# okng camera profile, made by okng calib; a file changed by hand is refused\n"
CONFIG_CRC = 9


def profile(width=640, height=480, k1=-0.12, serial="A1"):
    real = {"fx": 700, "fy": 700, "cx": 321, "cy": 238, "k1": k1, "k2": 0.03, "p1": 0.0004, "p2": -0.0003, "k3": 0}
    text = HEAD + 'version = 2\nkind = "lens"\nserial = "' + serial + '"\n' + f"width = {width}\nheight = {height}\n"
    text += "".join(f"{k} = {v:.16e}\n" for k, v in real.items())
    text += "".join(f"{k}_sigma = {0:.16e}\n" for k in real)
    text += f"rms = {0.1:.16e}\nviews = 12\ncorners = 600\nboard_cols = 9\nboard_rows = 6\nsquare_mm = {25:.16e}\nmarker_mm = {0:.16e}\ndictionary = 0\n"
    return text + 'checksum = "%08x"\n' % zlib.crc32(text.encode())


def prepare(s):
    s.write("cam.toml", profile())
    s.write("other.toml", profile(k1=-0.121))
    s.write("small.toml", profile(height=400))
    s.write("broken.toml", profile().replace("fx = 7", "fx = 6"))
    use(s, "cam.toml")
    s.run("camera", "grab", "--config", "okng.toml", "--count", "24", "--out", "good", "--good")
    s.run("learn", "--recipe", "recipes/demo", "--calib", "cam.toml", "good")


def use(s, name):
    s.config(width=640, height=480, store='record = "all"', defect_rate=0.5)
    text = open(s.path("okng.toml")).read()
    s.write("okng.toml", text.replace('[camera]\n', f'[camera]\ncalibration = "{name}"\n') if name else text)


def commands(s):
    """okng inspect and eval through the profile; without it, with another, and with one that is none they refuse."""
    prepare(s)
    r = s.run("inspect", "--recipe", "recipes/demo", "--calib", "cam.toml", "good")
    assert "OK" in r.stdout
    s.run("eval", "--recipe", "recipes/demo", "--calib", "cam.toml", "--good", "good")
    for words, says in ((), "with a lens profile, and there is none"), (("--calib", "other.toml"), "with another lens profile"), \
            (("--calib", "small.toml"), "640×400"), (("--calib", "broken.toml"), "checksum is wrong"), (("--calib", "none.toml"), "none.toml"):
        r = s.run("inspect", "--recipe", "recipes/demo", *words, "good", ok=(2,))
        assert says in r.stderr, r.stderr


def line(s):
    """okngd takes the profile, and the recording holds it: okng replay gives the same to the last bit."""
    prepare(s)
    s.start()
    c = s.client()
    ready(c)
    verdicts = [trigger(c, n).verdict for n in range(1, 31)]
    crc = read(c, CONFIG_CRC, 1)[0]
    assert s.stop()[0] == 0
    assert set(verdicts) == {1, 2}, verdicts
    last = json.loads(s.run("replay", "--json", "data").stdout.splitlines()[-1])
    assert last["same"] == 30, last
    setups = os.listdir(s.path("data/recording/setups"))
    assert all(os.path.exists(s.path(f"data/recording/setups/{name}/lens.toml")) for name in setups), setups
    with open(s.path("cam.toml"), "w") as f:  # the same lens, another error: the model stays good, the CRC says that it moved
        text = profile()[:profile().index("checksum")].replace(f"rms = {0.1:.16e}", f"rms = {0.2:.16e}")
        f.write(text + 'checksum = "%08x"\n' % zlib.crc32(text.encode()))
    s.start()
    c = s.client()
    ready(c)
    assert read(c, CONFIG_CRC, 1)[0] != crc
    assert s.stop()[0] == 0


def refused(s):
    """A profile of another size, a damaged one, one that the recipe was not taught with, none: okngd says why and is not READY."""
    prepare(s)
    for name, says in ("small.toml", "640x400"), ("broken.toml", "checksum is wrong"), ("other.toml", "another lens profile"), \
            ("", "there is none"):
        use(s, name)
        s.start()
        assert says in s.log() and "READY stays off" in s.log(), s.log()
        c = s.client()
        assert not bits(c)[0], "READY"
        c.close()
        assert s.stop()[0] == 0


def serial(s):
    """The profile of another camera is refused by its serial number; one that says none is not."""
    s.config(camera='type = "aravis"\ncalibration = "cam.toml"\n[camera.aravis]\nid = "Fake_1"\nwidth = 512\nheight = 512\n')
    s.write("cam.toml", profile(512, 512))
    s.start()
    found = re.search(r"serial: the profile is of camera A1, this is (\S+): calibrate this camera", s.log())
    assert found, s.log()
    assert s.stop()[0] == 0
    for own in (found.group(1), ""):
        s.write("cam.toml", profile(512, 512, serial=own))
        s.start()
        assert "the profile is of" not in s.log() and "not taught yet" in s.log(), s.log()
        assert s.stop()[0] == 0


if __name__ == "__main__":
    okng, okngd, recipe = (os.path.abspath(a) for a in sys.argv[1:4])
    station = Station(okng, okngd, recipe)
    try:
        {"commands": commands, "line": line, "refused": refused, "serial": serial}[sys.argv[4]](station)
    except BaseException:
        if station.proc:
            print(station.log()[-4000:], file=sys.stderr)
        raise
    finally:
        station.close()
