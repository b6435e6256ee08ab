#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# okng calib against pictures of targets that are drawn here, where truth is known: exit status, what is told, what is
# written. usage: test_calib.py OKNG SOURCE_ROOT [unittest arguments]
import json
import math
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

OKNG, SOURCE = sys.argv[1:3]
GOOD, BAD, FAILED = 0, 1, 2
WIDTH, HEIGHT = 640, 480
MODULE = os.path.join(os.path.dirname(OKNG), "..", "calib", "okng_calib_opencv.so")


def png(rows):
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 1)) + chunk(b"IEND", b""))


def chessboard(cols, rows, square):
    """Black or white at a place on the target, mm from its middle, of cols x rows inner corners."""
    def ink(x, y):
        s, t = x / square + (cols + 1) / 2, y / square + (rows + 1) / 2
        return 0 <= s < cols + 1 and 0 <= t < rows + 1 and (int(s) + int(t)) % 2 == 0
    return ink


def shot(ink, mm=0.1, lean=0.0002, x=0.0, y=0.0, angle=0.0):
    """The target seen by a camera with mm per pixel at the centre, tilted about the vertical; its middle at x, y."""
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    offsets = [(i % 3 - 1) / 3 for i in range(9)], [(i // 3 - 1) / 3 for i in range(9)]
    picture = []
    for v in range(HEIGHT):
        row = []
        for u in range(WIDTH):
            black = 0
            for du, dv in zip(*offsets):
                w = 1 + lean * (u + du - (WIDTH - 1) / 2)
                px, py = mm * (u + du - (WIDTH - 1) / 2) / w - x, mm * (v + dv - (HEIGHT - 1) / 2) / w - y
                black += ink(px * c + py * s, py * c - px * s)
            row.append(210 - 170 * black // 9)
        picture.append(row)
    return png(picture)


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="okng-calib-")
        self.addCleanup(shutil.rmtree, self.dir)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as f:
            f.write(content)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def okng(self, status, *args):
        r = subprocess.run([OKNG, "calib", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
        self.assertEqual(r.returncode, status, f"okng calib {args}: {r.stdout}{r.stderr}")
        return r

    def json(self, status, *args):
        return json.loads(self.okng(status, *args, "--json").stdout)


@unittest.skipUnless(os.path.exists(MODULE), "built without OpenCV")
class Plane(Case):
    BOARD = ["--board", "9x6", "--square", "5"]

    @classmethod
    def setUpClass(cls):
        ink = chessboard(9, 6, 5)
        cls.pictures = {"here": shot(ink, angle=3), "there": shot(ink, x=3, y=-1, angle=177), "lower": shot(ink, mm=0.101, angle=3), "small": shot(chessboard(9, 6, 2)),
                        "grey": png([[99] * WIDTH] * HEIGHT), "half": shot(ink, x=30)}

    def picture(self, name):
        return self.write(name + ".png", self.pictures[name])

    def test_plane_and_verify(self):
        profile = self.path("cam.toml")
        words = ["plane", *self.BOARD, "--serial", "A1", "--out", profile]
        got = self.json(GOOD, *words, self.picture("here"))
        self.assertEqual((got["good"], got["lens"], got["corners"]), (True, False, 54))
        self.assertAlmostEqual(got["mm_per_pixel"], 0.1, delta=0.0001)
        self.assertLess(got["rms"], 0.15)
        self.assertLess(got["uncertainty_mm"]["centre"], got["uncertainty_mm"]["top_left"])
        self.assertLess(got["uncertainty_mm"]["top_left"], 0.02)
        self.assertIn(b'kind = "plane"\nserial = "A1"\n', self.read("cam.toml"))
        for name in "here", "there":
            got = self.json(GOOD, "verify", profile, self.picture(name))
            self.assertTrue(got["holds"] and got["plane_holds"])
            self.assertAlmostEqual(got["plane_lengths"], 1, delta=0.0005)
            self.assertNotIn("lens_holds", got)
        got = self.json(BAD, "verify", profile, self.picture("lower"))
        self.assertFalse(got["holds"] or got["plane_holds"])
        self.assertAlmostEqual(got["plane_lengths"], 0.1 / 0.101, delta=0.0005)
        r = self.okng(BAD, "verify", "--only", "plane", profile, self.picture("lower"))
        self.assertIn("plane does not hold", r.stdout)
        r = self.okng(FAILED, "verify", profile, self.picture("grey"))
        self.assertIn("is not in the picture", r.stderr)
        r = self.okng(FAILED, "verify", "--only", "lens", profile, self.picture("here"))
        self.assertIn("holds no lens", r.stderr)
        r = self.okng(FAILED, "verify", "--serial", "B2", profile, self.picture("here"))
        self.assertIn("camera A1", r.stderr)

    def test_refusals_leave_the_old_file(self):
        profile = self.write("cam.toml", b"old")
        for name, why in ("small", "of the picture, 20 % are needed"), ("grey", "is not in the picture"), ("half", "is not in the picture"):
            r = self.okng(BAD, "plane", *self.BOARD, "--out", profile, self.picture(name))
            self.assertIn(why, r.stderr)
            self.assertEqual(self.read("cam.toml"), b"old")
        got = self.json(BAD, "plane", *self.BOARD, "--out", profile, self.picture("small"))
        self.assertFalse(got["good"])
        r = self.okng(FAILED, "plane", *self.BOARD, "--lens", profile, "--out", profile, self.picture("here"))
        self.assertIn("not a camera profile", r.stderr)
        made = self.path("plane.toml")
        self.okng(GOOD, "plane", *self.BOARD, "--out", made, self.picture("here"))
        r = self.okng(FAILED, "plane", *self.BOARD, "--lens", made, "--out", profile, self.picture("here"))
        self.assertIn("holds no lens", r.stderr)

    def test_wrong_words(self):
        for words in (["plane"], ["plane", *self.BOARD], ["plane", *self.BOARD, "--out", "x"], ["plane", *self.BOARD, "--out", "x", "y", "z"],
                      ["plane", "--board", "9x6", "--out", "x", "y"], ["plane", "--square", "5", "--out", "x", "y"],
                      ["verify", "--only", "flat", "x", "y"]):
            self.assertIn("--help", self.okng(FAILED, *words).stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
