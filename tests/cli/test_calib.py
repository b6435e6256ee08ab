#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# okng calib against pictures of targets that are drawn here, where truth is known: exit status, what is told, what is
# written. usage: test_calib.py OKNG SOURCE_ROOT [unittest arguments]
import json
import math
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
import zlib

OKNG, SOURCE = map(os.path.abspath, sys.argv[1:3])
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


def printed(svg):
    """The same of what okng calib board drew: its black rectangles, by the millimetres that the file says."""
    root = xml.etree.ElementTree.fromstring(svg)
    box = [float(v) for v in root.get("viewBox").split()]
    assert root.get("width") == "%gmm" % box[2] and root.get("height") == "%gmm" % box[3]
    cell = 2.0
    at = {}
    for r in root.iter("{http://www.w3.org/2000/svg}rect"):
        if r.get("fill"):
            continue
        x, y, w, h = (float(r.get(k)) for k in ("x", "y", "width", "height"))
        for i in range(int(x / cell), int((x + w) / cell) + 1):
            for j in range(int(y / cell), int((y + h) / cell) + 1):
                at.setdefault((i, j), []).append((x, y, x + w, y + h))

    def ink(x, y):
        x, y = x + box[2] / 2, y + box[3] / 2
        return any(a <= x < c and b <= y < d for a, b, c, d in at.get((int(x // cell), int(y // cell)), ()))
    return ink


def shot(ink, mm=0.1, lean=0.0002, x=0.0, y=0.0, angle=0.0, tall=0.0):
    """The target seen by a camera with mm per pixel at the centre, tilted; its middle at x, y."""
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))

    def grey(u, v):
        w = 1 + lean * (u - (WIDTH - 1) / 2) + tall * (v - (HEIGHT - 1) / 2)
        px, py = mm * (u - (WIDTH - 1) / 2) / w - x, mm * (v - (HEIGHT - 1) / 2) / w - y
        return ink(px * c + py * s, py * c - px * s)
    corner = [[grey(u - 0.5, v - 0.5) for u in range(WIDTH + 1)] for v in range(HEIGHT + 1)]
    picture = []
    for v in range(HEIGHT):
        row = []
        for u in range(WIDTH):
            black = 16 * corner[v][u]
            if not corner[v][u] == corner[v][u + 1] == corner[v + 1][u] == corner[v + 1][u + 1]:
                black = sum(grey(u + (i % 4 - 1.5) / 4, v + (i // 4 - 1.5) / 4) for i in range(16))
            row.append(210 - 170 * black // 16)
        picture.append(row)
    return png(picture)


class Camera:
    """A camera that is known: pictures of a target at a place before it, turned about x and y by degrees."""
    WIDTH, HEIGHT, F, K1 = 320, 240, 330.0, -0.12

    def __init__(self, ink):
        self.ink = ink
        self.rays = [[self.ray(u, v) for u in range(-1, 2 * self.WIDTH + 2)] for v in range(-1, 2 * self.HEIGHT + 2)]

    def ray(self, u, v):
        """Undistorted, of half a pixel steps."""
        dx, dy = (u / 2 - 159) / self.F, (v / 2 - 121) / self.F
        x, y = dx, dy
        for _ in range(5):
            f = 1 + self.K1 * (x * x + y * y)
            x, y = dx / f, dy / f
        return x, y

    def where(self, x, y, z, rx, ry):
        """The pixel of a place on a target straight ahead, without distortion."""
        a, b, c, d = (f(math.radians(t)) for t, f in ((rx, math.sin), (rx, math.cos), (ry, math.sin), (ry, math.cos)))
        p = x * d + y * a * c, y * b, z - x * c + y * a * d
        return 159 + self.F * p[0] / p[2], 121 + self.F * p[1] / p[2]

    def shot(self, x, y, z, rx, ry):
        a, b, c, d = (f(math.radians(t)) for t, f in ((rx, math.sin), (rx, math.cos), (ry, math.sin), (ry, math.cos)))
        u, v = (d, 0, -c), (a * c, b, a * d)
        n = (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])
        near = n[0] * x + n[1] * y + n[2] * z

        def black(ray):
            t = near / (n[0] * ray[0] + n[1] * ray[1] + n[2])
            p = (t * ray[0] - x, t * ray[1] - y, t - z)
            return self.ink(sum(i * k for i, k in zip(p, u)), sum(i * k for i, k in zip(p, v)))
        dots = [[black(ray) for ray in row] for row in self.rays]
        # each pixel is the weighted mean of the 3 x 3 dots around its centre, which are half a pixel apart
        weight = [(j, i, (2 - abs(j - 1)) * (2 - abs(i - 1))) for j in range(3) for i in range(3)]
        return png([[210 - 170 * sum(w * dots[2 * y + j][2 * x + i] for j, i, w in weight) // 16 for x in range(self.WIDTH)]
                    for y in range(self.HEIGHT)])


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

    def test_inspect_measures_millimetres_on_a_slant(self):
        """All squares of the target are 5 mm wide, near or far; in pixels they differ by half."""
        camera = Camera(chessboard(9, 6, 5))
        camera.K1 = 0
        camera.__init__(camera.ink)
        picture = self.write("target.png", camera.shot(0, 0, 66, 15, -20))
        self.okng(GOOD, "plane", *self.BOARD, "--out", self.path("cam.toml"), picture)
        os.mkdir(self.path("recipe"))
        for unit in "mm", "px":
            text = 'name = "target"\n[locate]\nenabled = false\n[image]\nmatch_light = false\n'
            for i, (x, y) in enumerate(((-17.5, -10), (17.5, -10), (2.5, 0), (-17.5, 10), (17.5, 10))):
                ends = [camera.where(x + side, y, 66, 15, -20) for side in (-4, 4)]
                text += ('[[tool]]\nname = "w%d"\ntype = "measure"\nmeasure = "width"\nfrom = [%g, %g]\nto = [%g, %g]\nbreadth = 7\nunit = "%s"\n'
                         'nominal = 5\ntolerance = [-0.1, 0.1]\n' % (i, *ends[0], *ends[1], unit))
            self.write("recipe/recipe.toml", text.encode())
            r = subprocess.run([OKNG, "inspect", "--recipe", self.path("recipe"), "--calib", self.path("cam.toml"), "--json", picture],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            values = [m["value"] for m in json.loads(r.stdout)["measures"]]
            if unit == "mm":
                self.assertEqual(r.returncode, GOOD, r.stdout + r.stderr)
                self.assertTrue(all(abs(v - 5) < 0.1 for v in values), values)
            else:
                self.assertGreater(max(values) / min(values), 1.4)

    def test_wrong_words(self):
        for words in (["plane"], ["plane", *self.BOARD], ["plane", *self.BOARD, "--out", "x"], ["plane", *self.BOARD, "--out", "x", "y", "z"],
                      ["plane", "--board", "9x6", "--out", "x", "y"], ["plane", "--square", "5", "--out", "x", "y"],
                      ["verify", "--only", "flat", "x", "y"]):
            self.assertIn("--help", self.okng(FAILED, *words).stderr)


class Documentation(Case):
    """Every okng calib of docs/calibration.md, with pictures that are as it says."""
    POSES = ((0, 0, 330, 0, 0), (-60, -40, 380, 25, -25), (60, -40, 380, 25, 25), (-60, 40, 380, -25, -25), (60, 40, 380, -25, 25),
             (0, -40, 340, 30, 5), (0, 40, 340, -30, 5), (-50, 0, 340, 5, 30), (50, 0, 340, 5, -30), (5, 5, 320, 20, 20))

    @unittest.skipUnless(os.path.exists(MODULE), "built without OpenCV")
    def test_examples(self):
        with open(os.path.join(SOURCE, "docs/calibration.md")) as f:
            text = f.read()
        commands = [c for c in re.findall(r"okng (calib [^`\n]+)", text) if re.search(r"--out|verify cam", c)]
        for word in "flat", "board", "lens", "plane", "verify":
            self.assertTrue(any(c.split()[1] == word for c in commands), word)
        camera = Camera(chessboard(9, 6, 25))
        for folder in "pictures", "white", "dark":
            os.mkdir(self.path(folder))
        for i, pose in enumerate(self.POSES):
            self.write("pictures/%02d.png" % i, camera.shot(*pose))
        self.write("white/1.png", png([[200 - abs(x - 160) // 8 for x in range(320)] for y in range(240)]))
        self.write("dark/1.png", png([[4] * 320] * 240))
        small = Camera(chessboard(9, 6, 5))
        self.write("target.png", small.shot(0, 0, 66, 5, -4))
        self.write("today.png", small.shot(1, -1, 66, 5, -4))
        for command in commands:
            words = command.split()
            if words[1] == "verify":  # one picture cannot be both, so each is asked for by itself
                self.said(GOOD, *words[1:], "--only", "plane")
                self.write("today.png", camera.shot(-10, 8, 340, 24, -18))
                self.said(GOOD, *words[1:], "--only", "lens")
                self.said(GOOD, *words[1:-1], "pictures/03.png", "--only", "lens")
                small.F = 338.0  # somebody turned the focus ring
                small.__init__(small.ink)
                self.write("today.png", small.shot(1, -1, 66, 5, -4))
                self.said(BAD, *words[1:], "--only", "plane")
                camera.K1 = 0.05  # another lens
                camera.__init__(camera.ink)
                self.write("today.png", camera.shot(-10, 8, 340, 24, -18))
                self.said(BAD, *words[1:], "--only", "lens")
                continue
            r = self.said(None, *words[1:])
            if r.returncode and "libopencv-contrib-dev" in r.stderr:
                continue
            self.assertEqual(r.returncode, GOOD, f"{command}: {r.stdout}{r.stderr}")
        profile = self.read("cam1.toml").decode()
        self.assertIn('kind = "lens and plane"', profile)
        number = lambda key: float(re.search(r"^%s = (.*)$" % key, profile, re.M).group(1))
        self.assertAlmostEqual(number("fx"), 330, delta=2)
        self.assertAlmostEqual(number("k1"), -0.12, delta=0.03)
        self.assertAlmostEqual(number("plane_mm_per_pixel"), 66 / 330, delta=0.001)
        self.assertLess(number("plane_sigma_top_left_mm"), 0.05)

    def said(self, status, *words):
        r = subprocess.run([OKNG, "calib", *words], cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
        if status is not None:
            self.assertEqual(r.returncode, status, f"okng calib {words}: {r.stdout}{r.stderr}")
        return r


class Board(Case):
    CHARUCO = "charuco:11x8:5:3.5:5x5_100"

    def test_chessboard_is_drawn_to_the_millimetre(self):
        svg = self.path("board.svg")
        self.okng(GOOD, "board", "--board", "9x6", "--square", "5", "--out", svg)
        ink, truth = printed(self.read("board.svg")), chessboard(9, 6, 5)
        for y in range(-220, 220, 7):
            for x in range(-300, 300, 7):
                self.assertEqual(ink(x / 10 + 0.03, y / 10 + 0.03), truth(x / 10 + 0.03, y / 10 + 0.03), (x, y))
        self.assertIn(b"lines are 50 and 35 mm", self.read("board.svg"))

    @unittest.skipUnless(os.path.exists(MODULE), "built without OpenCV")
    def test_charuco_from_sheet_to_millimetres(self):
        svg, profile = self.path("board.svg"), self.path("cam.toml")
        r = subprocess.run([OKNG, "calib", "board", "--board", self.CHARUCO, "--out", svg], stderr=subprocess.PIPE, text=True)
        if r.returncode == FAILED and "libopencv-contrib-dev" in r.stderr:
            self.skipTest("built without OpenCV's contrib modules")
        self.assertEqual(r.returncode, GOOD, r.stderr)
        ink = printed(self.read("board.svg"))
        words = ["plane", "--board", self.CHARUCO, "--out", profile]
        got = self.json(GOOD, *words, self.write("whole.png", shot(ink, angle=4)))
        self.assertAlmostEqual(got["mm_per_pixel"], 0.1, delta=0.0001)
        self.assertEqual(got["corners"], 70)
        part = self.write("part.png", shot(ink, x=18, y=-9, angle=-10))
        got = self.json(GOOD, "verify", profile, part)
        self.assertAlmostEqual(got["plane_lengths"], 1, delta=0.001)
        got = self.json(GOOD, *words, part)
        self.assertTrue(12 <= got["corners"] < 70)
        self.assertAlmostEqual(got["mm_per_pixel"], 0.1, delta=0.0002)
        self.assertFalse(self.json(BAD, "verify", profile, self.write("higher.png", shot(ink, mm=0.0985, angle=4)))["holds"])
        r = self.okng(BAD, *words, self.write("chess.png", shot(chessboard(10, 7, 5))))
        self.assertIn("of the ChArUco board of 11x8 squares", r.stderr)
        r = self.okng(FAILED, "board", "--board", "charuco:20x20:5:3:4x4_50", "--out", self.path("many.svg"))
        self.assertIn("fewer markers than the board", r.stderr)
        self.assertFalse(os.path.exists(self.path("many.svg")))

    @unittest.skipUnless(os.path.exists(MODULE), "built without OpenCV")
    def test_a_lens_by_boards_in_part(self):
        board = "charuco:7x6:45:34:4x4_50"
        r = subprocess.run([OKNG, "calib", "board", "--board", board, "--out", self.path("board.svg")], stderr=subprocess.PIPE, text=True)
        if r.returncode == FAILED and "libopencv-contrib-dev" in r.stderr:
            self.skipTest("built without OpenCV's contrib modules")
        camera = Camera(printed(self.read("board.svg")))
        os.mkdir(self.path("pictures"))
        for i, pose in enumerate(Documentation.POSES):
            self.write("pictures/%02d.png" % i, camera.shot(*pose))
        got = self.json(GOOD, "lens", "--board", board, "--out", self.path("cam.toml"), self.path("pictures"))
        self.assertGreaterEqual(got["views"], 8)
        self.assertTrue(all(p["corners_not_seen"] > 0 for p in got["pictures"][1:5]), got)  # they reach beyond the picture
        self.assertGreater(got["coverage"], 0.6)
        self.assertLess(got["rms"], 0.3)
        self.assertAlmostEqual(got["fx"], camera.F, delta=4)
        for x, y in (120, 0), (0, 90), (110, 85):  # how far the lens draws a place from the axis, in pixels
            rr = (x * x + y * y) / camera.F ** 2
            bent = got["fx"] / camera.F * (1 + rr * (got["k1"] + rr * (got["k2"] + rr * got["k3"])))
            self.assertAlmostEqual(math.hypot(x, y) * bent, math.hypot(x, y) * (1 + rr * camera.K1), delta=1)
        self.okng(GOOD, "verify", self.path("cam.toml"), self.path("pictures/05.png"))

    def test_wrong_words(self):
        for words in (["--board", "charuco:11x8:5:6:5x5_100"], ["--board", "charuco:11x8:5:3.5:9x9_100"], ["--board", "charuco:11x8:5"],
                      ["--board", "charuco:3x3:5:3:5x5_100"], ["--board", self.CHARUCO, "--square", "5"], ["--board", "9x6"],
                      ["--board", "9x6x", "--square", "5"], ["--square", "5"], ["--board", "64x32", "--square", "200"],
                      ["--board", "65x9", "--square", "5"]):
            self.assertIn("--help", self.okng(FAILED, "board", *words, "--out", self.path("x.svg")).stderr, words)
        self.assertEqual(os.listdir(self.dir), [])
        r = self.okng(FAILED, "board", "--board", "9x6", "--square", "5", "--out", self.path("no/x.svg"))
        self.assertIn("No such file", r.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
