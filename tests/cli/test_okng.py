#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# The real okng, as a user or a script calls it: exit status, standard output, messages. Pictures come from its own
# synthetic camera, the record from make_store. usage: test_okng.py OKNG MAKE_STORE SOURCE_ROOT [unittest arguments]
import csv
import io
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
import zlib

OKNG, MAKE_STORE, SOURCE = sys.argv[1:4]
COMMANDS = ["learn", "inspect", "eval", "check", "config", "records", "plc map", "plc watch", "plc sim", "camera grab", "camera show", "calib flat",
            "calib board", "calib lens", "calib plane", "calib residual", "calib verify", "bench"]
GOOD, BAD, FAILED = 0, 1, 2


def okng(*args, **kwargs):
    return subprocess.run([OKNG, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="surrogateescape",
                          timeout=120, **kwargs)


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="okng-test-")
        self.addCleanup(shutil.rmtree, self.dir)

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write(self, name, content):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb" if isinstance(content, bytes) else "w") as f:
            f.write(content)
        return self.path(name)

    def png(self, name, rows):
        png = b"\x89PNG\r\n\x1a\n"
        for kind, data in ((b"IHDR", struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)),
                           (b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 1)), (b"IEND", b"")):
            png += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        return self.write(name, png)

    def run_okng(self, status, *args, **kwargs):
        r = okng(*args, **kwargs)
        self.assertEqual(r.returncode, status, f"okng {args}: {r.stdout}{r.stderr}")
        for line in r.stderr.splitlines():
            if not line.startswith("okng: "):
                self.assertNotEqual(status, GOOD, f"unexpected on standard error: {line}")
        return r

    def lines(self, r):
        return [json.loads(line) for line in r.stdout.splitlines()]


class Help(Case):
    def test_every_command_shows_every_option(self):
        man = os.path.join(SOURCE, "docs/man")
        for command in COMMANDS:
            own = "okng-%s.1" % command.split()[0]
            with open(os.path.join(man, own if os.path.exists(os.path.join(man, own)) else "okng.1")) as f:
                manual = f.read().replace("\\-", "-")
            r = self.run_okng(GOOD, *command.split(), "--help")
            self.assertEqual(r.stderr, "")
            self.assertIn("Usage: okng " + command, r.stdout)
            self.assertIn("Exit status:", r.stdout)
            self.assertEqual(r.stdout, self.run_okng(GOOD, "help", *command.split()).stdout)
            options = re.findall(r"--[a-z-]+", r.stdout.split("Options:")[1])
            self.assertIn("--help", options)
            for option in options:
                self.assertIn(option, manual, f"{command} {option} is not in its manual page")
            self.assertIn("okng " + command, manual)
            for line in r.stdout.splitlines():
                self.assertLess(len(line), 101, line)

    def test_the_list_names_every_command(self):
        for args in (["help"], ["--help"], ["-h"], ["help", "--help"]):
            r = self.run_okng(GOOD, *args)
            for command in COMMANDS:
                self.assertIn("  " + command + " ", r.stdout)
        self.assertIn("camera grab", self.run_okng(GOOD, "help", "camera").stdout)
        self.assertIn("camera show", self.run_okng(GOOD, "camera", "--help").stdout)
        self.assertRegex(self.run_okng(GOOD, "--version").stdout, r"^okng [0-9.]+\n$")

    def test_wrong_usage_is_2_and_says_where_help_is(self):
        for args in ([], ["nonsense"], ["camera"], ["camera", "nonsense"], ["help", "nonsense"], ["learn"], ["learn", "--recipe"],
                     ["learn", "--recipe", "x"], ["learn", "--nonsense"], ["learn", "-Q"], ["inspect", "x"], ["inspect", "--recipe", "x"],
                     ["inspect", "--recipe", "x", "--pairs", "l", "y"], ["inspect", "--recipe", "x", "--pairs", "l", "--golden", "g"],
                     ["inspect", "--json=1", "--recipe", "x", "y"], ["eval", "--recipe", "x"], ["eval"], ["check"], ["config"],
                     ["config", "--defaults", "nonsense"], ["config", "--manual", "--defaults"], ["config", "--manual", "x"],
                     ["records", "--verdict", "good"], ["records", "--verdict", ""], ["records", "--last", "0"], ["records", "--last", "x"],
                     ["records", "--since", "nonsense"], ["records", "--store", "a", "--config", "b"], ["records", "--count", "1"],
                     ["records", "--follow", "--summary"], ["records", "--summary", "--csv"], ["records", "x"],
                     ["records", "--part-id", "x" * 33], ["plc", "map", "--format", "pdf"], ["plc", "watch"],
                     ["plc", "watch", "a", "b"], ["plc", "watch", "a:0"], ["plc", "watch", "a:x"], ["plc", "watch", "[::1"], ["plc", "watch", ":1"],
                     ["plc", "watch", "a", "--unit", "256"], ["plc", "watch", "a", "--every", "0"],
                     ["plc", "sim"], ["plc", "sim", "a", "b"], ["plc", "sim", "a:70000"], ["plc", "sim", "a", "--style", "word"],
                     ["plc", "sim", "a", "--parts", "0"], ["plc", "sim", "a", "--rate", "0"], ["plc", "sim", "a", "--rate", "x"],
                     ["plc", "sim", "a", "--timeout", "1"], ["plc", "sim", "a", "--unit", "-1"], ["plc", "sim", "a", "--rules"],
                     ["camera", "grab"],
                     ["camera", "grab", "--out", "x", "--good", "--defect"], ["camera", "grab", "--out", "x", "--count", "-1"],
                     ["calib", "flat"], ["calib", "flat", "--out", "x"],
                     ["calib", "lens", "x"], ["calib", "lens", "--board", "9x2", "x"], ["calib", "lens", "--board", "9x6", "--square", "0", "x"],
                     ["calib", "lens", "--board", "9x6", "--square", "1", "x"], ["calib", "lens", "--board", "9x6", "--square", "1", "--out", "x"],
                     ["calib", "verify", "x"], ["calib", "verify", "x", "y", "z"],
                     ["bench", "nonsense"], ["bench", "--size", "10x10"],
                     ["bench", "--size", "800x600x"], ["bench", "--seconds", "0"], ["bench", "--parts", "0"], ["bench", "--cpu", "mmx"],
                     ["bench", "--sweep", "x", "chain"]):
            r = okng(*args)
            self.assertEqual(r.returncode, FAILED, args)
            self.assertEqual(r.stdout, "", args)
            self.assertRegex(r.stderr, r"--help|okng help|Usage|camera grab", args)

    def test_a_full_disk_is_not_a_success(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        with open("/dev/full", "w") as full:
            r = subprocess.run([OKNG, "config", "--defaults"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(r.returncode, FAILED)
        self.assertIn("standard output", r.stderr)


class Tables(Case):
    def test_defaults_are_valid(self):
        for what, kind in (("station", "station"), ("recipe", "recipe")):
            text = self.run_okng(GOOD, "config", "--defaults", what).stdout
            file = self.write(what + ".toml", text)
            [got] = self.lines(self.run_okng(GOOD, "check", "--json", file))
            self.assertEqual((got["file"], got["kind"], got["ok"], got["errors"]), (file, kind, True, []))
        self.assertEqual(self.run_okng(GOOD, "config", "--defaults").stdout, self.run_okng(GOOD, "config", "--defaults", "station").stdout)
        self.assertIn("|", self.run_okng(GOOD, "config", "--manual").stdout)

    def test_map_has_the_verdict_in_every_format(self):
        for format in ("md", "csv", "st"):
            self.assertIn("VERDICT", self.run_okng(GOOD, "plc", "map", "--format", format).stdout)
        self.assertEqual(self.run_okng(GOOD, "plc", "map").stdout, self.run_okng(GOOD, "plc", "map", "--format", "md").stdout)


class Pictures(Case):
    """A recipe taught from the synthetic camera, once for all of them; each test works on a copy."""

    @classmethod
    def setUpClass(cls):
        cls.base = tempfile.mkdtemp(prefix="okng-test-")
        cls.addClassCleanup(shutil.rmtree, cls.base)
        station = os.path.join(cls.base, "okng.toml")
        os.mkdir(os.path.join(cls.base, "recipe"))
        for what, file in (("station", station), ("recipe", os.path.join(cls.base, "recipe", "recipe.toml"))):
            with open(file, "w") as f:
                f.write(okng("config", "--defaults", what).stdout)
        for name, args in (("teach", ["--good", "--count", 12]), ("good", ["--good", "--from", 101, "--count", 3]),
                           ("bad", ["--defect", "--from", 201, "--count", 6, "--truth"])):
            r = okng("camera", "grab", "--config", station, "--out", os.path.join(cls.base, name), *args)
            if r.returncode:
                raise RuntimeError(r.stderr)
        r = okng("learn", "--recipe", os.path.join(cls.base, "recipe"), os.path.join(cls.base, "teach"))
        if r.returncode:
            raise RuntimeError(r.stderr)

    def setUp(self):
        super().setUp()
        for name in ("okng.toml", "recipe", "teach", "good", "bad"):
            source = os.path.join(self.base, name)
            if os.path.isdir(source):
                shutil.copytree(source, self.path(name))
            else:
                shutil.copy(source, self.path(name))
        self.recipe = self.path("recipe")
        self.model = self.path("recipe", "model.okm")

    def bads(self):
        return [self.path("bad", n) for n in sorted(os.listdir(self.path("bad"))) if n.endswith(".png")]

    def goods(self):
        return [self.path("good", n) for n in sorted(os.listdir(self.path("good")))]

    def read(self, *names):
        with open(self.path(*names), "rb") as f:
            return f.read()


class Camera(Pictures):
    def test_show(self):
        [got] = self.lines(self.run_okng(GOOD, "camera", "show", "--config", self.path("okng.toml"), "--json"))
        self.assertEqual(got["type"], "synthetic")
        self.assertTrue(got["simulation"])
        self.assertIn("%d x %d" % (got["width"], got["height"]), self.run_okng(GOOD, "camera", "show", "--config", self.path("okng.toml")).stdout)
        png = self.read("good", "frame-000101.png")
        self.assertEqual(struct.unpack(">II", png[16:24]), (got["width"], got["height"]))

    def test_truth_is_written(self):
        for file in self.bads():
            with open(file[:-4] + ".json") as f:
                got = json.load(f)
            self.assertEqual(got["file"], os.path.basename(file))
            self.assertGreater(len(got["truth"]), 0)
            for defect in got["truth"]:
                self.assertTrue(defect["kind"])
                self.assertEqual(len(defect["box"]), 4)
                self.assertGreater(min(defect["box"][2:]), 0)

    def test_same_in_same_out(self):
        self.run_okng(GOOD, "camera", "grab", "--config", self.path("okng.toml"), "--good", "--from", 101, "--count", 1, "--out", self.path("again"))
        self.assertEqual(self.read("again", "frame-000101.png"), self.read("good", "frame-000101.png"))

    def test_no_folder_no_station(self):
        self.write("file", "")
        r = self.run_okng(FAILED, "camera", "grab", "--config", self.path("okng.toml"), "--out", self.path("file", "sub"))
        self.assertIn("sub", r.stderr)
        self.assertIn("none.toml", self.run_okng(FAILED, "camera", "show", "--config", self.path("none.toml")).stderr)


class Learn(Pictures):
    def test_says_how_many_and_names_what_is_left_out(self):
        broken = self.write("teach/zz-broken.png", self.read("teach", "frame-000001.png")[:2000])
        text = self.write("teach/zz-text.jpg", "not a picture")
        r = self.run_okng(GOOD, "learn", "--recipe", self.recipe, self.path("teach"))
        self.assertIn("12 parts, 2 left out", r.stdout)
        self.assertIn("left out: " + broken, r.stderr)
        self.assertIn("left out: " + text, r.stderr)
        [got] = self.lines(self.run_okng(GOOD, "learn", "--json", "--recipe", self.recipe, self.path("teach")))
        self.assertEqual((got["parts"], got["taught"], got["model"]), (12, True, self.model))
        self.assertEqual([entry["file"] for entry in got["left_out"]], [broken, text])

    def test_same_in_same_out(self):
        before = self.read("recipe", "model.okm")
        self.run_okng(GOOD, "learn", "--recipe", self.recipe, self.path("teach"))
        self.assertEqual(self.read("recipe", "model.okm"), before)

    def test_failure_leaves_the_old_model(self):
        before = self.read("recipe", "model.okm")
        empty = self.path("empty")
        os.mkdir(empty)
        for operand in (empty, self.path("nowhere"), self.path("recipe", "recipe.toml")):
            r = self.run_okng(FAILED, "learn", "--recipe", self.recipe, operand)
            self.assertIn(operand, r.stderr)
            self.assertEqual(self.read("recipe", "model.okm"), before)
        self.assertEqual(sorted(os.listdir(self.recipe)), ["model.okm", "recipe.toml"])

    def test_other_size_is_left_out(self):
        station = self.read("okng.toml").decode()
        station = re.sub(r"(?m)^#?\s*width\s*=.*$", "width = 320", re.sub(r"(?m)^#?\s*height\s*=.*$", "height = 240", station))
        self.write("small.toml", station)
        self.run_okng(GOOD, "camera", "grab", "--config", self.path("small.toml"), "--good", "--out", self.path("small"))
        r = self.run_okng(GOOD, "learn", "--recipe", self.recipe, self.path("teach"), self.path("small"))
        self.assertIn("320 x 240 pixels, the reference has", r.stderr)
        r = self.run_okng(BAD, "inspect", "--json", "--recipe", self.recipe, self.path("small"))
        self.assertEqual([(got["verdict"], got["reason"]) for got in self.lines(r)], [("FAULT", 11)])

    def test_no_recipe(self):
        self.assertIn("nowhere", self.run_okng(FAILED, "learn", "--recipe", self.path("nowhere"), self.path("teach")).stderr)


class Measure(Pictures):
    tools = """
[locate]
enabled = false
[scale]
mm_per_pixel = 0.125
[[tool]]
name = "plate"
type = "measure"
measure = "position"
from = [2, 320]
to = [70, 320]
breadth = 30
transition = "rise"
pick = "first"
unit = "mm"
nominal = 4.0
tolerance = [-3, 3]
[[tool]]
name = "nothing"
type = "measure"
measure = "circle"
centre = [20, 240]
radius = 10
reach = 5
min_contrast = 100
tolerance = [-1, 1]
"""

    def test_values_and_what_is_not_found(self):
        recipe = os.path.dirname(self.write("measure/recipe.toml", self.tools))
        [got] = self.lines(self.run_okng(BAD, "inspect", "--recipe", recipe, "--json", self.goods()[0]))
        self.assertEqual((got["verdict"], got["reason"], len(got["defects"])), ("NG", 2, 1))
        self.assertIn("nothing diameter: edge not found", got["decided_by"])
        plate, diameter, roundness, offset = got["measures"]
        self.assertEqual(list(plate), ["tool", "quantity", "state", "value", "unit", "nominal", "lower", "upper", "score", "scatter"])
        self.assertEqual((plate["tool"], plate["quantity"], plate["state"], plate["unit"]), ("plate", "position", "good", "mm"))
        self.assertTrue(3 < plate["value"] < 6.5)
        self.assertEqual((plate["lower"], plate["upper"]), (1, 7))
        self.assertEqual((diameter["state"], diameter["value"], diameter["unit"], diameter["score"]), ("not found", None, "px", 1))
        self.assertEqual([list(m) for m in (roundness, offset)], [["tool", "quantity", "state", "value", "unit", "scatter"]] * 2)
        text = self.run_okng(BAD, "inspect", "--recipe", recipe, self.goods()[0]).stdout.splitlines()
        self.assertEqual(len(text), 6)
        self.assertRegex(text[1], r"^  good       plate            position  +[0-9.]+ mm  1\.000 to 7\.000$")
        self.assertRegex(text[2], r"^  not found  nothing          diameter   -1\.000 to 1\.000$")

    def test_a_scan_beyond_the_picture_is_refused(self):
        recipe = os.path.dirname(self.write("measure/recipe.toml", self.tools.replace("to = [70, 320]", "to = [700, 320]")))
        self.run_okng(GOOD, "check", recipe)  # the size of the pictures is not known yet
        r = self.run_okng(FAILED, "inspect", "--recipe", recipe, self.goods()[0])
        self.assertIn("tool plate: a scan with its breadth reaches beyond the image", r.stdout + r.stderr)


class Inspect(Pictures):
    keys = ["file", "verdict", "reason", "reason_text", "score", "limit", "time_ms", "defects", "cpu", "decided_by", "measures"]

    def test_good_is_ok(self):
        r = self.run_okng(GOOD, "inspect", "--recipe", self.recipe, "--json", *self.goods())
        for file, got in zip(self.goods(), self.lines(r), strict=True):
            self.assertEqual(list(got), self.keys)
            self.assertEqual((got["file"], got["verdict"], got["reason"], got["defects"], got["limit"]), (file, "OK", 0, [], 0.5))
            self.assertLess(got["score"], 0.5)
            self.assertGreater(got["time_ms"], 0)
            self.assertIn(got["cpu"], ("c", "sse41", "avx2"))

    def test_bad_is_not(self):
        r = self.run_okng(BAD, "inspect", "--recipe", self.recipe, "--json", *self.bads())
        located = 0
        for file, got in zip(self.bads(), self.lines(r), strict=True):
            self.assertEqual((got["verdict"], got["reason"]), ("NG", 1), file)
            self.assertGreaterEqual(got["score"], 0.5)
            with open(file[:-4] + ".json") as f:
                truths = json.load(f)["truth"]
            for defect in got["defects"]:
                self.assertEqual(list(defect), ["class", "box", "score", "area", "polarity", "contrast", "elongation"])
                self.assertGreaterEqual(defect["score"], 0.5)
                self.assertIn(defect["polarity"], ("bright", "dark"))
            located += any(touch(d["box"], t["box"]) for d in got["defects"] for t in truths)
        self.assertEqual(located, len(self.bads()), "boxes are in the inspected image's pixels")

    def test_python_reads_each_line(self):
        r = self.run_okng(BAD, "inspect", "--recipe", self.recipe, "--json", self.path("good"), self.path("bad"))
        self.assertEqual(len(r.stdout.splitlines()), len(self.goods()) + len(self.bads()))
        for line in r.stdout.splitlines():
            subprocess.run([sys.executable, "-m", "json.tool"], input=line, text=True, check=True, stdout=subprocess.DEVNULL)

    def test_candidates_include_the_rest(self):
        few = self.lines(okng("inspect", "--recipe", self.recipe, "--json", self.path("bad")))
        more = self.lines(okng("inspect", "--recipe", self.recipe, "--json", "--candidates", self.path("bad")))
        for a, b in zip(few, more, strict=True):
            self.assertEqual(a["defects"], [d for d in b["defects"] if d["score"] >= 0.5])
            self.assertEqual((a["verdict"], a["score"]), (b["verdict"], b["score"]))

    def test_text_is_aligned_and_totalled(self):
        r = self.run_okng(BAD, "inspect", "--recipe", self.recipe, self.goods()[0], self.bads()[0])
        first, second, total = r.stdout.splitlines()
        self.assertRegex(first, "^" + re.escape(self.goods()[0]) + r"\s+OK ")
        self.assertRegex(second, "^" + re.escape(self.bads()[0]) + r"\s+NG ")
        self.assertRegex(total, r"^2 parts: 1 OK, 1 NG, 0 REVIEW, 0 FAULT; ")

    def test_damaged_picture(self):
        whole = self.read("good", "frame-000101.png")
        cases = [self.write("cut.png", whole[:len(whole) // 2]), self.write("empty.png", b""), self.write("text.jpg", b"\xff\xd8nothing"),
                 self.write("bits.png", whole[:500] + bytes(b ^ 0x55 for b in whole[500:600]) + whole[600:]), self.path("nowhere.png")]
        r = self.run_okng(FAILED, "inspect", "--recipe", self.recipe, "--json", *cases, self.goods()[0])
        got = self.lines(r)
        self.assertEqual([g["verdict"] for g in got], ["FAULT"] * len(cases) + ["OK"])
        for file, g in zip(cases, got):
            self.assertEqual((g["file"], g["reason"], g["defects"]), (file, 22, []))
            self.assertIn(file, g["error"])
            self.assertIn("okng: " + g["error"], r.stderr.splitlines())
        r = self.run_okng(FAILED, "inspect", "--recipe", self.recipe, *cases, self.goods()[0])
        self.assertIn("%d FAULT (%d could not be read)" % (len(cases), len(cases)), r.stdout)

    def test_names_of_any_bytes(self):
        odd = os.path.join(os.fsencode(self.dir), b'q"uo\xff\nte\\.png')
        shutil.copy(self.goods()[0], odd)
        r = okng("inspect", "--json", "--recipe", self.recipe, os.fsdecode(odd))
        [got] = self.lines(r)
        self.assertEqual(got["file"], self.dir + '/q"uo\ufffd\nte\\.png')

    def test_missing_model(self):
        os.unlink(self.model)
        for args in (["inspect"], ["eval", "--good", self.path("good")]):
            operands = self.goods() if args == ["inspect"] else []
            r = self.run_okng(FAILED, *args, "--recipe", self.recipe, *operands)
            self.assertIn("teach it first: okng learn --recipe " + self.recipe, r.stderr)
            self.assertEqual(r.stdout, "")

    def test_damaged_model(self):
        whole = self.read("recipe", "model.okm")
        for damage in (whole[:-1] + bytes([whole[-1] ^ 1]), whole[:len(whole) // 2], b"", b"hello", whole + b"x"):
            self.write("recipe/model.okm", damage)
            r = self.run_okng(FAILED, "inspect", "--recipe", self.recipe, *self.goods())
            self.assertIn(self.model, r.stderr)
            self.assertEqual(r.stdout, "")

    def test_golden(self):
        golden = self.goods()[0]
        [got] = self.lines(self.run_okng(GOOD, "inspect", "--recipe", self.recipe, "--golden", golden, "--json", golden))
        self.assertEqual((got["verdict"], got["defects"]), ("OK", []))
        os.unlink(self.model)
        self.run_okng(GOOD, "inspect", "--recipe", self.recipe, "--golden", golden, golden)
        self.run_okng(FAILED, "inspect", "--recipe", self.recipe, "--golden", self.path("nowhere.png"), golden)

    def test_pairs(self):
        os.unlink(self.model)
        names = ["good/" + os.path.basename(f) for f in self.goods()]
        missing, broken = "good/nowhere.png", self.write("good/broken.png", b"\x89PNG\r\n\x1a\n")
        pairs = [(n, n) for n in names] + [(names[0], "bad/" + os.path.basename(self.bads()[0])), (missing, names[0]), (names[0], broken)]
        list = self.write("pairs.txt", "# golden, image\n\n" + "".join("%s\t%s\n" % p for p in pairs))
        r = self.run_okng(FAILED, "inspect", "--recipe", self.recipe, "--json", "--pairs", list)
        got = self.lines(r)
        self.assertEqual([(g["golden"], g["file"]) for g in got], pairs)
        self.assertEqual([(g["verdict"], g["reason"]) for g in got[:-3]], [("OK", 0)] * len(names))
        self.assertEqual(got[-3]["verdict"], "NG")
        self.assertEqual([(g["verdict"], g["reason"]) for g in got[-2:]], [("FAULT", 24), ("FAULT", 22)])
        # The same pair alone, with --golden, from another folder: the same verdict.
        [alone] = self.lines(okng("inspect", "--recipe", self.recipe, "--json", "--golden", self.path(names[0]), self.bads()[0]))
        for key in ("verdict", "reason", "score", "defects", "decided_by"):
            self.assertEqual(alone[key], got[-3][key])

    def test_bad_list_of_pairs(self):
        list = self.write("pairs.txt", "a\tb\nno tab\n")
        r = self.run_okng(FAILED, "inspect", "--recipe", self.recipe, "--pairs", list)
        self.assertIn(list + ":2: ", r.stderr)
        self.assertEqual(r.stdout, "")
        self.run_okng(FAILED, "inspect", "--recipe", self.recipe, "--pairs", self.path("nowhere"))

    def test_empty_folder(self):
        os.mkdir(self.path("empty"))
        r = self.run_okng(FAILED, "inspect", "--recipe", self.recipe, self.path("empty"))
        self.assertIn(self.path("empty"), r.stderr)


class Eval(Pictures):
    def test_counts(self):
        args = ["eval", "--recipe", self.recipe, "--good", self.path("good"), "--bad", self.path("bad")]
        [got] = self.lines(self.run_okng(GOOD, *args, "--json"))
        self.assertEqual((got["good_parts"], got["bad_parts"], got["escapes"], got["overkill"]), (len(self.goods()), len(self.bads()), 0, 0))
        scales = [row["scale"] for row in got["limits"]]
        self.assertEqual(scales, sorted(scales))
        self.assertIn(1, scales)
        for a, b in zip(got["limits"], got["limits"][1:]):
            self.assertLessEqual(a["escapes"], b["escapes"])
            self.assertGreaterEqual(a["overkill"], b["overkill"])
        self.assertIn("<- now", self.run_okng(GOOD, *args).stdout)

    def test_wrong_labels_are_named(self):
        r = self.run_okng(BAD, "eval", "--recipe", self.recipe, "--good", self.bads()[0], "--bad", self.goods()[0])
        self.assertIn("overkill  " + self.bads()[0], r.stdout)
        self.assertIn("escape    " + self.goods()[0], r.stdout)

    def test_unreadable_is_2(self):
        broken = self.write("broken.png", "x")
        r = self.run_okng(FAILED, "eval", "--recipe", self.recipe, "--good", self.path("good"), "--bad", broken, "--json")
        self.assertEqual(self.lines(r)[0]["unreadable"], 1)


class Check(Pictures):
    def test_folder(self):
        [got] = self.lines(self.run_okng(GOOD, "check", "--json", self.recipe))
        self.assertEqual((got["kind"], got["ok"]), ("recipe folder", True))
        os.unlink(self.model)
        self.assertIn(self.model + ": not there", self.run_okng(BAD, "check", self.recipe).stdout)
        self.write("recipe/model.okm", b"nonsense")
        self.assertIn(self.model, self.run_okng(BAD, "check", self.recipe).stdout)

    def test_every_error_is_listed_with_its_line(self):
        text = self.read("recipe", "recipe.toml").decode()
        lines = text.count("\n")
        file = self.write("recipe/recipe.toml", text + "[nonsense]\na = 1\n[[class]]\nnumber = 100000\nnam = \"x\"\n")
        for operand in (file, self.recipe):
            r = self.run_okng(BAD, "check", operand)
            found = re.findall(r"(?m)^(.*?):(\d+): ", r.stdout)
            self.assertGreaterEqual(len(found), 3, r.stdout)
            self.assertEqual({name for name, _ in found}, {file})
            for line in (lines + 4, lines + 5):
                self.assertIn(str(line), [n for _, n in found])
        [got] = self.lines(self.run_okng(BAD, "check", "--json", file))
        self.assertFalse(got["ok"])
        self.assertEqual([(e["file"], str(e["line"])) for e in got["errors"]], found)
        self.assertIn(file, self.run_okng(FAILED, "inspect", "--recipe", self.recipe, self.goods()[0]).stderr)

    def test_all_files_are_checked(self):
        bad = self.write("bad.toml", "[camera]\nnonsense = 1\n")
        broken = self.write("broken.toml", "[camera\n")
        r = self.run_okng(BAD, "check", bad, broken, self.path("okng.toml"))
        for file in (bad, broken, self.path("okng.toml")):
            self.assertIn(file, r.stdout)
        self.assertIn(self.path("nowhere"), self.run_okng(FAILED, "check", self.path("nowhere"), bad).stdout)


class Surface(Case):
    """The shipped recipe for surfaces, taught from made metal of several sizes."""

    def picture(self, name, seed, width, height, hole=None):
        r, rows = random.Random(seed), []
        columns = [90 + r.randrange(24) for _ in range(width)]
        for y in range(height):
            row = bytearray(c + r.randrange(16) for c in columns)
            for x in range(width):
                if hole and (x - hole[0]) ** 2 + (y - hole[1]) ** 2 <= 49:
                    row[x] //= 2
            rows.append(row)
        return self.png(name, rows)

    def test_teach_and_judge_any_size(self):
        with open(os.path.join(SOURCE, "config/recipes/surface/recipe.toml")) as f:
            self.write("recipe/recipe.toml", re.sub("min_images = .*", "min_images = 8", f.read()))
        recipe = self.path("recipe")
        self.assertIn("model.okm: not there", self.run_okng(BAD, "check", recipe).stdout)
        for i in range(10):
            self.picture("teach/%d.png" % i, i, 160 + 8 * (i % 3), 176)
        self.picture("teach/tiny.png", 99, 40, 40)
        r = self.run_okng(GOOD, "learn", "--recipe", recipe, "--json", self.path("teach"))
        got = json.loads(r.stdout)
        self.assertEqual((got["taught"], got["parts"], got["width"], got["height"]), (True, 10, 0, 0))
        self.assertIn("40 x 40 pixels can't be taught", got["left_out"][0]["why"])
        self.run_okng(GOOD, "check", recipe)
        goods = [self.picture("good/%d.png" % i, 200 + i, 160 + 24 * i, 184) for i in range(3)]
        bad = self.picture("bad/1.png", 300, 200, 176, hole=(120, 80))
        r = self.run_okng(BAD, "inspect", "--recipe", recipe, "--json", bad, *goods)
        got = self.lines(r)
        self.assertEqual([g["verdict"] for g in got], ["NG", "OK", "OK", "OK"])
        self.assertTrue(all(0 < g["score"] < 0.5 for g in got[1:]))
        x, y, w, h = got[0]["defects"][0]["box"]
        self.assertTrue(x <= 120 < x + w and y <= 80 < y + h)
        self.assertIn("of limit", got[0]["decided_by"])
        r = self.run_okng(GOOD, "eval", "--json", "--recipe", recipe, "--good", self.path("good"), "--bad", self.path("bad"))
        limits = self.lines(r)[0]["limits"] # unlike is scaled
        self.assertEqual([limits[i]["overkill"] for i in (0, -1)], [3, 0])


class Conductor(Case):
    """The shipped recipe for bare boards, taught anew from made boards with one defect of each class."""

    WIDTH, HEIGHT = 220, 170
    CLASSES = {1: "open", 2: "short", 3: "mousebite", 4: "spur", 5: "copper", 6: "pin-hole"}

    def board(self, name, defects=(), shift=(0, 0), size=None):
        """defects: (left, top, width, height, grey). Dark tracks and a plane, with pads that give them a place."""
        width, height = size or (self.WIDTH, self.HEIGHT)
        shapes = [(-50, 12, 400, 8), (-50, 36, 400, 8), (-50, 60, 400, 8), (30, 6, 22, 20), (150, 54, 20, 20), (90, 30, 18, 20),
                  (-50, 96, 250, 60), (206, 84, 8, 200)]
        rows = [bytearray(b"\xe6" * width) for _ in range(height)]
        for left, top, w, h, grey in [(*shape, 30) for shape in shapes] + list(defects):
            for y in range(max(top + shift[1], 0), min(top + h + shift[1], height)):
                x0, x1 = max(left + shift[0], 0), min(left + w + shift[0], width)
                rows[y][x0:x1] = bytes([grey]) * (x1 - x0)
        return self.png(name, rows)

    def defect(self, number, r):
        x, size = 56 + r.randrange(26), 5 + r.randrange(3)
        return {1: (x, 12, size, 8, 230), 2: (x + 52, 20, size, 16, 30), 3: (x, 64, size + 2, 4, 230), 4: (x + 110, 20, size, 8, 30),
                5: (x, 80 - size // 2, size, size, 30), 6: (x, 110 + r.randrange(30), size, size, 230)}[number]

    def pair(self, i, numbers, boxes=True):
        """A pair of pictures; its line in pairs.txt. Boxes have 9 pixels of surroundings and at least 24 pixels."""
        r = random.Random(i)
        defects, shift = [self.defect(number, r) for number in numbers], (r.randrange(7) - 3, r.randrange(7) - 3)
        self.board("pictures/%d_temp.png" % i)
        self.board("pictures/%d_test.png" % i, defects, shift)
        lines = []
        for number, (x, y, w, h, _) in zip(numbers, defects):
            cx, cy, w, h = x + w // 2 + shift[0], y + h // 2 + shift[1], max(w + 18, 24), max(h + 18, 24)
            lines.append("%d %d %d %d %d\n" % (max(cx - w // 2, 0), max(cy - h // 2, 0), cx + w // 2, cy + h // 2, number))
        if boxes:
            self.write("boxes/%d.txt" % i, "".join(lines))
        return "pictures/%d_temp.png\tpictures/%d_test.png\n" % (i, i)

    def setUp(self):
        super().setUp()
        shutil.copytree(os.path.join(SOURCE, "config/recipes/bare-board"), self.path("recipe"))
        self.recipe, self.list, self.boxes = self.path("recipe"), self.path("pairs.txt"), self.path("boxes")
        self.lines_of_list = [self.pair(i, list(self.CLASSES)) for i in range(24)]
        self.write("pairs.txt", "".join(self.lines_of_list))
        with open(self.path("recipe", "model.okm"), "rb") as f:
            self.shipped = f.read()

    def model(self):
        with open(self.path("recipe", "model.okm"), "rb") as f:
            return f.read()

    def learn(self, status, *args):
        return self.run_okng(status, "learn", "--recipe", self.recipe, "--pairs", self.list, "--boxes", self.boxes, *args)

    def test_teach_and_judge(self):
        r = self.learn(GOOD)
        self.assertIn("tool board taught from 24 pairs, 0 left out; 144 boxes, 0 without a finding", r.stdout)
        self.assertNotEqual(self.model(), self.shipped)
        new = [self.pair(100 + i, [i], boxes=False) for i in self.CLASSES] + [self.pair(200, [], boxes=False)]
        self.write("new.txt", "".join(new))
        got = self.lines(self.run_okng(BAD, "inspect", "--json", "--recipe", self.recipe, "--pairs", self.path("new.txt")))
        self.assertEqual([g["verdict"] for g in got], ["NG"] * 6 + ["OK"])
        for number, g in zip(self.CLASSES, got):
            [d] = g["defects"]
            self.assertEqual((d["class"], d["conductor"]["added"]), (self.CLASSES[number], number in (2, 4, 5)))
            self.assertTrue(0.5 <= d["score"] <= 1)
            self.assertRegex(d["why"], r"^[a-z0-9_]+ -?[0-9]+(, [a-z0-9_]+ -?[0-9]+)?$")
            x, y, w, h = d["box"]
            self.assertTrue(w >= 24 and h >= 24 and x >= 0 and y >= 0 and x + w <= self.WIDTH and y + h <= self.HEIGHT)

    def test_json(self):
        [got] = self.lines(self.learn(GOOD, "--json"))
        self.assertEqual(got, {"left_out": [], "taught": True, "model": self.path("recipe", "model.okm"),
                               "tools": [{"tool": "board", "pairs": 24, "boxes": 144, "without_finding": 0}]})
        self.write("boxes/3.txt", "nonsense\n")
        [got] = self.lines(self.learn(FAILED, "--json"))
        self.assertEqual((got["taught"], got["model"], got["tools"]), (False, "", []))
        [left_out] = got["left_out"]
        self.assertEqual(left_out["file"], "pictures/3_test.png")
        self.assertTrue(left_out["why"].startswith(self.path("boxes", "3.txt") + ":1: "))

    def test_same_in_same_out(self):
        self.learn(GOOD)
        first = self.model()
        self.learn(GOOD)
        self.assertEqual(self.model(), first)

    def test_mistakes_are_named_and_the_old_model_stays(self):
        box = self.path("boxes", "5.txt")
        with open(box) as f:
            good = f.read()
        for content, line, text in (
                (None, "", "has no boxes for 5_test.png: no 5_test.txt and no 5.txt"),
                (good + "1 2 3\n", ":7", 'a line is "x1 y1 x2 y2 class"'),
                ("# drawn by hand\n\n10 10 30 30 1 1\n", ":3", 'a line is "x1 y1 x2 y2 class"'),
                ("30 10 10 30 1\n", ":1", "x1 below x2"), ("10.5 10 30 30 1\n", ":1", "whole pixels"), ("-1 0 30 30 1\n", ":1", "whole pixels"),
                ("10 10 30 30 0\n", ":1", "class 1 to 999"), ("10 10 30 30 1" + " " * 300, ":1", 'a line is "x1 y1 x2 y2 class"'),
                (b"10 10 30 30 1\n1 1 30\x00 3 1\n", ":2", 'a line is "x1 y1 x2 y2 class"'),
                (good + "10 10 30 30 9\n", ":7", "no [[class]] row has the number 9, they have 1, 2, 3, 4, 5, 6"),
                (good + "10 10 30 30 7\n", ":7", "no [[class]] row has the number 7"), # which is ignored
                ("1 2 3 4 1\n10 10 30 180 2\n", ":2", "the box reaches to 30, 180, the picture to 220, 170"),
                ("210 10 221 30 2\n", ":1", "the box reaches to 221, 30, the picture to 220, 170"),
                ("10 10 30 30 1\n" * 1001, ":1001", "more than 1000 boxes"), ("#" * (1 << 20) + "#", "", "at most 1 MiB")):
            if content is None:
                os.remove(box)
            else:
                self.write("boxes/5.txt", content)
            r = self.learn(FAILED)
            where = self.boxes + ": " if content is None else box + line + ": "
            self.assertIn("okng: " + where, r.stderr, content)
            self.assertIn(text, r.stderr)
            self.assertIn("left out: pictures/5_test.png", r.stderr)
            self.assertIn("mend the boxes of 1 pairs; nothing written", r.stderr)
            self.assertEqual((r.stdout, self.model()), ("", self.shipped))
        self.assertEqual(sorted(os.listdir(self.recipe)), ["model.okm", "recipe.toml"])

    def test_every_mistake_is_named_at_once(self):
        os.remove(self.path("boxes", "1.txt"))
        self.write("boxes/2.txt", "nonsense\n")
        r = self.learn(FAILED)
        self.assertIn("1_test.png", r.stderr)
        self.assertIn(self.path("boxes", "2.txt") + ":1: ", r.stderr)
        self.assertIn("mend the boxes of 2 pairs; nothing written", r.stderr)
        self.assertEqual(self.model(), self.shipped)

    def test_what_cannot_be_used_is_left_out(self):
        self.board("pictures/0_test.png", size=(200, 170))
        for kind in ("temp", "test"):
            self.board("pictures/23_%s.png" % kind, size=(100, 90))
        self.write("boxes/23.txt", "")
        self.write("pictures/2_test.png", b"no picture")
        self.png("pictures/3_test.png", [bytearray((x // 9 + y // 7) % 2 * 255 for x in range(self.WIDTH)) for y in range(self.HEIGHT)])
        self.write("boxes/0.txt", "")
        r = self.learn(GOOD)
        self.assertIn("taught from 20 pairs, 4 left out; 120 boxes", r.stdout)
        self.assertIn("0_test.png: 200 x 170 pixels, its golden image has 220 x 170", r.stderr)
        self.assertIn("3_test.png: could not be aligned with its golden image", r.stderr)
        self.assertIn("23_test.png: 100 x 90 pixels, the first pair has 220 x 170", r.stderr)
        for i in (0, 2, 3, 23):
            self.assertIn("left out: pictures/%d_test.png" % i, r.stderr)

    def test_too_little_and_nothing_to_teach(self):
        self.write("pairs.txt", self.lines_of_list[0])
        r = self.learn(FAILED)
        self.assertIn("1 pairs are not enough to teach tool board; nothing written", r.stderr)
        self.write("pairs.txt", "# none\n")
        self.assertIn("pairs.txt", self.learn(FAILED).stderr)
        self.write("pairs.txt", self.lines_of_list[0])
        self.edit_recipe('decide = "trees"', 'decide = "rows"')
        self.assertIn('that decides by "trees": nothing to teach from pairs', self.learn(FAILED).stderr)
        self.assertEqual(self.model(), self.shipped)

    def edit_recipe(self, old, new):
        with open(self.path("recipe", "recipe.toml")) as f:
            text = f.read()
        self.assertIn(old, text)
        self.write("recipe/recipe.toml", text.replace(old, new))

    def test_no_row_to_tell_apart(self):
        with open(self.path("recipe", "recipe.toml")) as f:
            text = f.read()
        self.write("recipe/recipe.toml", text[:text.index("\n[[class]]\n")])
        self.assertIn("0 [[class]] rows to tell apart, it can be taught 1 to 15", self.learn(FAILED).stderr)
        self.assertEqual(self.model(), self.shipped)

    def test_a_model_of_another_setting_is_made_anew(self):
        golden = self.board("golden.png")
        self.run_okng(GOOD, "learn", "--recipe", self.recipe, golden)
        self.edit_recipe("match_light = false", "match_light = true")
        self.assertIn("teach the recipe again", self.run_okng(FAILED, "inspect", "--recipe", self.recipe, golden).stderr)
        self.learn(GOOD)
        self.assertIn("was not taught", self.run_okng(FAILED, "inspect", "--recipe", self.recipe, golden).stderr)
        self.run_okng(GOOD, "learn", "--recipe", self.recipe, golden)
        self.run_okng(GOOD, "inspect", "--recipe", self.recipe, golden)

    def test_on_the_line(self):
        """One golden image is taught beside the trees; then parts need no list of pairs."""
        self.assertIn("was not taught: run okng learn", self.run_okng(BAD, "check", self.recipe).stdout)
        golden = self.board("golden.png")
        self.run_okng(GOOD, "learn", "--recipe", self.recipe, golden)
        self.run_okng(GOOD, "check", self.recipe)
        bad = self.board("bad.png", [self.defect(1, random.Random(1))], (2, -3))
        for _ in range(2): # the second time with trees of these boards; the golden image is kept
            got = self.lines(self.run_okng(BAD, "inspect", "--json", "--recipe", self.recipe, self.board("good.png", shift=(-5, 4)), bad))
            self.assertEqual([g["verdict"] for g in got], ["OK", "NG"])
            self.assertEqual([d["class"] for d in got[1]["defects"]], ["open"])
            self.learn(GOOD)

    def test_rows_decide(self):
        self.edit_recipe('decide = "trees"', 'decide = "rows"')
        os.remove(self.path("recipe", "model.okm"))
        self.write("new.txt", "".join([self.pair(100 + i, [i]) for i in self.CLASSES] + [self.pair(200, [])]))
        got = self.lines(self.run_okng(BAD, "inspect", "--json", "--recipe", self.recipe, "--pairs", self.path("new.txt")))
        self.assertEqual([g["verdict"] for g in got], ["NG"] * 6 + ["OK"])
        self.assertEqual([g["defects"][0]["class"] for g in got[:6]], list(self.CLASSES.values()))
        keys = {"added", "residue", "depth", "relative_depth", "radius", "conductors", "grounds", "border"}
        for number, changes in {1: (1, -1), 2: (-1, 1), 3: (0, 0), 4: (0, 0), 5: (1, 0), 6: (0, 1)}.items():
            [d] = got[number - 1]["defects"]
            self.assertEqual(set(d["conductor"]), keys)
            self.assertEqual((d["conductor"]["conductors"], d["conductor"]["grounds"]), changes)
            self.assertEqual(d["why"], "conductors %d, grounds %d, residue %d" % (*changes, d["conductor"]["residue"]))


    def test_the_shipped_model_is_what_the_script_teaches(self):
        shared = os.environ.get("OKNG_SHARED", os.environ.get("OKNG_SHARED_DEFAULT", ""))
        data = os.path.join(shared, "data/deeppcb")
        if not os.path.isdir(data):
            self.skipTest("no boards in %s (set OKNG_SHARED)" % data)
        if os.environ.get("OKNG_SANITIZED"):
            self.skipTest("too slow under a sanitizer")
        os.remove(self.path("recipe", "model.okm"))
        build = os.path.dirname(os.path.dirname(os.path.abspath(OKNG)))
        r = subprocess.run([os.path.join(SOURCE, "scripts/teach-bare-board"), build, data, self.recipe], capture_output=True, text=True)
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertIn("taught from 1000 pairs, 0 left out", r.stdout)
        self.assertTrue(self.model() == self.shipped, "config/recipes/bare-board/model.okm is not what scripts/teach-bare-board makes")


class Lens(Pictures):
    """On the chessboards that Debian's opencv-doc brings (640x480, 9x6 corners)."""
    FOLDER = "/usr/share/doc/opencv-doc/examples/data"

    def setUp(self):
        super().setUp()
        if not os.path.exists(os.path.join(self.folder(), "left01.jpg")):
            self.skipTest("opencv-doc's pictures are not here: install it, or name their folder in OKNG_CHESSBOARDS")
        if not os.path.exists(os.path.join(os.path.dirname(OKNG), "..", "calib", "okng_calib_opencv.so")):
            self.skipTest("built without OpenCV")

    def folder(self):
        return os.environ.get("OKNG_CHESSBOARDS", self.FOLDER)

    def lefts(self):
        names = sorted(n for n in os.listdir(self.folder()) if re.fullmatch(r"left\d\d\.jpg", n))
        return [os.path.join(self.folder(), n) for n in names]

    def test_real_pictures(self):
        profile = self.path("cam.toml")
        words = ["calib", "lens", "--board", "9x6", "--square", "25", "--serial", "A1", "--out", profile]
        [got] = self.lines(self.run_okng(GOOD, *words, "--json", *self.lefts()))
        self.assertEqual(len(got["pictures"]), 13)
        self.assertLess(got["rms"], 0.2)
        self.assertGreater(got["coverage"], 0.6)
        self.assertLess(abs(got["fx"] - got["fy"]), 4 * (got["fx_sigma"] + got["fy_sigma"]))
        before = self.read("cam.toml")
        r = self.run_okng(BAD, *words, *self.lefts()[:3])
        self.assertIn("too few views: 3 usable", r.stderr)
        self.assertEqual(self.read("cam.toml"), before)
        self.run_okng(GOOD, "calib", "verify", "--serial", "A1", profile, self.lefts()[1])
        words = ["calib", "plane", "--board", "9x6", "--square", "25"]
        plane = self.path("plane.toml")
        [got] = self.lines(self.run_okng(GOOD, *words, "--lens", profile, "--out", plane, "--json", self.lefts()[2]))
        self.assertLess(got["rms"], 0.21)
        self.assertTrue(got["lens"] and 15 < got["tilt"] < 23)
        self.run_okng(GOOD, "calib", "verify", "--serial", "A1", plane, self.lefts()[2])
        [got] = self.lines(self.run_okng(BAD, "calib", "verify", "--json", plane, self.lefts()[3]))
        self.assertTrue(got["lens_holds"] and not got["plane_holds"])
        r = self.run_okng(BAD, *words, "--out", self.path("bent.toml"), self.lefts()[2])
        self.assertIn("give the lens profile", r.stderr)
        r = self.run_okng(BAD, *words, "--lens", profile, "--out", self.path("small.toml"), self.lefts()[0])
        self.assertIn("the target covers 15 %", r.stderr)
        r = self.run_okng(FAILED, "calib", "verify", "--serial", "B2", profile, self.lefts()[1])
        self.assertIn("the profile is of camera A1", r.stderr)
        r = self.run_okng(FAILED, "calib", "verify", profile, self.write("small.png", png(320, 240, lambda x, y: 9)))
        self.assertIn("pictures of 640x480", r.stderr)
        r = self.run_okng(FAILED, "calib", "verify", profile, self.write("grey.png", png(640, 480, lambda x, y: 99)))
        self.assertIn("is not in the picture", r.stderr)
        changed = self.write("changed.toml", before.decode().replace("fx = 5", "fx = 6"))
        r = self.run_okng(FAILED, "calib", "verify", changed, self.lefts()[1])
        self.assertIn("checksum", r.stderr)


class Flat(Pictures):
    def test_flat_field_is_used(self):
        flat = self.path("cam.flat")
        broken = {(5, 7): 4, (300, 200): 250, (639, 479): 60}
        white = self.write("white.png", png(640, 480, lambda x, y: broken.get((x, y), 160 + x // 16 + y // 16)))
        dark = self.write("dark.png", png(640, 480, lambda x, y: 90 if (x, y) == (300, 200) else 4))
        r = self.run_okng(GOOD, "calib", "flat", "--white", white, "--dark", dark, "--out", flat, "--json")
        [got] = self.lines(r)
        self.assertEqual((got["file"], got["width"], got["height"], got["mended"]), (flat, 640, 480, 3))
        self.assertEqual((got["hot"], got["dead"], got["odd"]), (1, 1, 1))
        self.assertGreater(got["gain_max"], 1.2)
        without = self.read("recipe", "model.okm")
        self.run_okng(GOOD, "learn", "--recipe", self.recipe, "--flat", flat, self.path("teach"))
        self.assertNotEqual(self.read("recipe", "model.okm"), without)
        self.run_okng(GOOD, "inspect", "--recipe", self.recipe, "--flat", flat, *self.goods())
        self.run_okng(GOOD, "eval", "--recipe", self.recipe, "--flat", flat, "--good", self.path("good"), "--bad", self.path("bad"))
        small = self.path("small.flat")
        self.run_okng(GOOD, "calib", "flat", "--white", self.write("small.png", png(320, 240, lambda x, y: 200)), "--out", small)
        self.run_okng(FAILED, "inspect", "--recipe", self.recipe, "--flat", small, self.goods()[0])
        r = self.run_okng(FAILED, "learn", "--recipe", self.recipe, "--flat", small, self.path("teach"))
        self.assertIn("but the flat field is 320 x 240", r.stderr)
        before = self.read("cam.flat")
        r = self.run_okng(FAILED, "calib", "flat", "--white", dark, "--out", flat)
        self.assertTrue(r.stderr.startswith("okng: "))
        self.assertEqual(self.read("cam.flat"), before)

    def test_no_flat_field(self):
        bad = self.write("bad.flat", "nonsense")
        for file in (bad, self.path("nowhere")):
            r = self.run_okng(FAILED, "inspect", "--recipe", self.recipe, "--flat", file, self.goods()[0])
            self.assertIn(file, r.stderr)


class Bench(Case):
    keys = ["name", "ms", "opencv_ms", "ratio", "stream_ratio", "spread", "cpu", "width", "height", "rounds", "opencv", "parts",
            "p99_ms", "p999_ms", "max_ms"]
    alone = ("scaling", "parts")  # OpenCV has no part in these

    def figures(self, *args, **kwargs):
        got = self.lines(self.run_okng(GOOD, "bench", "--quick", "--json", *args, **kwargs))
        for row in got:
            self.assertEqual(list(row), self.keys)
            self.assertGreater(row["ms"], 0)
            self.assertGreater(row["rounds"], 0)
            self.assertGreaterEqual(row["spread"], 0)
            if row["name"] in self.alone:
                self.assertIsNone(row["stream_ratio"])
                self.assertGreater(row["ratio"], 0)
            else:
                self.assertGreater(row["stream_ratio"], 0)
                self.assertEqual((row["width"], row["height"]), (800, 600))
        return {row["name"]: row for row in got}

    def test_every_figure(self):
        got = self.figures()
        self.assertEqual(list(got)[:8], ["chain", "chain_tuned", "inspect", "inspect_tuned", "undistort", "undistort_tuned", "scaling", "parts"])
        with open(os.path.join(SOURCE, "docs/man/okng-bench.1")) as f:
            manual = f.read()
        for name, row in got.items():
            self.assertIn(name, manual)
            self.assertIn(row["cpu"], ("c", "sse41", "avx2", "neon"))
            if row["opencv"]:
                self.assertNotIn(name, self.alone)
                self.assertGreater(row["opencv_ms"], 0)
                self.assertGreater(row["ratio"], 0)
            else:
                self.assertIsNone(row["opencv_ms"])
        p = got["parts"]
        self.assertLessEqual(p["ms"], p["p99_ms"])
        self.assertLessEqual(p["p99_ms"], p["p999_ms"])
        self.assertLessEqual(p["p999_ms"], p["max_ms"])
        self.assertEqual(p["parts"], 50)

    def test_without_opencv(self):
        for row in self.figures("--opencv", "none", "chain", "inspect", "gauss3").values():
            self.assertEqual((row["opencv_ms"], row["opencv"], row["ratio"]), (None, None, None))
        r = self.run_okng(FAILED, "bench", "--opencv", self.write("not.so", "nothing"), "chain")
        self.assertIn("not.so", r.stderr)

    def test_the_plc_link(self):
        got = self.lines(self.run_okng(GOOD, "bench", "--quick", "--json", "plc"))
        self.assertEqual([g["name"] for g in got], ["plc_read", "plc_write", "plc_rate_1", "plc_rate_32", "plc_verdict"])
        for g in got:
            self.assertEqual(list(g), ["name", "ms", "p99_ms", "libmodbus_ms", "libmodbus_p99_ms", "ratio", "spread", "p99_ratio", "per_s",
                                       "libmodbus_per_s", "clients", "workers", "requests", "rounds", "libmodbus"])
            rate = "rate" in g["name"]
            self.assertTrue(rate and g["ms"] is None and g["per_s"] > 0 or not rate and 0 < g["ms"] <= g["p99_ms"] and g["per_s"] is None, g)
            self.assertEqual((g["clients"], g["workers"]), (32 if "32" in g["name"] else 1, 0 if rate else 2))
            beside = g["libmodbus"] is not None
            self.assertEqual(beside, g["ratio"] is not None and g["ratio"] > 0 and g["rounds"] >= 2)
            self.assertFalse(beside and g["name"] == "plc_verdict")
        self.assertIn("plc_rate_32", self.run_okng(GOOD, "bench", "--quick", "plc_rate_32").stdout)

    def test_the_level_is_masked(self):
        self.assertEqual(self.figures("--cpu", "c", "gauss3")["gauss3"]["cpu"], "c")
        self.assertEqual(self.figures("gauss3", env=dict(os.environ, OKNG_CPU="c"))["gauss3"]["cpu"], "c")

    def test_text_is_aligned(self):
        r = self.run_okng(GOOD, "bench", "--quick", "chain", "parts")
        head, *rows = r.stdout.splitlines()[1:]
        what = head.index("what")
        self.assertEqual([row.split()[0] for row in rows], ["chain", "parts"])
        for row in rows:
            self.assertRegex(row[what - 3:], r"^%  [a-z]")


    def test_sweep_writes_tables_and_pictures(self):
        r = self.run_okng(GOOD, "bench", "--quick", "--sweep", self.path("sweep"))
        names = ["size-chain", "size-inspect", "blobs", "regions"]
        self.assertEqual(r.stdout.split(), [self.path("sweep", n + e) for n in names for e in (".csv", ".svg")])
        svg = "{http://www.w3.org/2000/svg}"
        for name in names:
            with open(self.path("sweep", name + ".csv")) as f:
                rows = list(csv.DictReader(f))
            self.assertGreaterEqual(len(rows), 2)
            for row in rows:
                self.assertGreater(float(row["okng_ms"]), 0)
            columns = [c for c in ("okng_ms", "opencv_ms", "opencv_contours_ms", "read_ms") if rows[0][c]]
            root = xml.etree.ElementTree.parse(self.path("sweep", name + ".svg")).getroot()
            self.assertEqual(root.tag, svg + "svg")
            [frame] = [e for e in root.iter(svg + "rect") if e.get("class") == "frame"]
            x, y, w, h = (float(frame.get(k)) for k in ("x", "y", "width", "height"))
            points = [e for e in root.iter(svg + "circle") if e.get("class").startswith("point")]
            self.assertEqual(len(points), len(columns) * len(rows))
            for e in points:
                self.assertTrue(x - 0.1 <= float(e.get("cx")) <= x + w + 0.1, e.attrib)
                self.assertTrue(y - 0.1 <= float(e.get("cy")) <= y + h + 0.1, e.attrib)
            texts = [e.text for e in root.iter(svg + "text")]
            self.assertIn("okng", texts)
            self.assertIn("time, ms", texts)
        r = self.run_okng(FAILED, "bench", "--quick", "--sweep", self.write("file", ""))
        self.assertIn("file", r.stderr)


class Records(Case):
    def setUp(self):
        super().setUp()
        self.store = self.path("store")
        self.make(0, 100)

    def make(self, first, count):
        subprocess.run([MAKE_STORE, self.store, str(first), str(count)], check=True)

    def records(self, *args):
        return self.run_okng(GOOD, "records", "--store", self.store, *args)

    def test_all_in_order(self):
        rows = self.lines(self.records("--json"))
        self.assertEqual([row["part_id"] for row in rows], ["P%04d" % i for i in range(100)])
        self.assertEqual(len({row["seq"] for row in rows}), 100)
        table = self.records().stdout
        self.assertIn("P0099", table)

    def test_csv(self):
        rows = list(csv.DictReader(io.StringIO(self.records("--csv").stdout)))
        self.assertEqual([row["part_id"] for row in rows], ["P%04d" % i for i in range(100)])
        self.assertIn('scratch, "long"', [value for row in rows for value in row.values()])

    def test_filters(self):
        ids = lambda *args: [row["part_id"] for row in self.lines(self.records("--json", *args))]
        ng = ["P%04d" % i for i in range(100) if i % 5 == 0 and i % 10]
        fault = ["P%04d" % i for i in range(100) if i % 5 and i % 7 == 0]
        self.assertEqual(ids("--verdict", "ng"), ng)
        self.assertEqual(ids("--verdict", "NG,fault"), sorted(ng + fault))
        self.assertEqual(ids("--reason", 20), fault)
        self.assertEqual(ids("--class", 3), ng)
        self.assertEqual(ids("--recipe", 2), ["P%04d" % i for i in range(1, 100, 2)])
        self.assertEqual(ids("--last", 3), ["P0097", "P0098", "P0099"])
        self.assertEqual(ids("--part-id", "P0042"), ["P0042"])
        self.assertEqual(ids("--seq", 43), ["P0042"])
        self.assertEqual(ids("--verdict", "review"), [])
        self.assertEqual(ids("--since", "2026-01-01T00:01:00Z", "--until", "2026-01-01T00:01:03Z")[:3], ["P0060", "P0061", "P0062"])

    def test_summary(self):
        [got] = self.lines(self.records("--summary", "--json"))
        self.assertEqual(got["parts"], 100)
        self.assertEqual(got["verdicts"], {"OK": 78, "NG": 10, "REVIEW": 0, "FAULT": 12})
        self.assertEqual({r["reason"]: r["parts"] for r in got["reasons"]}, {0: 78, 1: 10, 20: 12})
        truth = got["truth"]
        self.assertEqual((truth["good_parts"], truth["overkill"], truth["bad_parts"], truth["caught"], truth["escapes"]), (80, 12, 20, 10, 10))
        self.assertEqual((truth["defects_injected"], truth["defects_caught"], truth["defects_located"]), (20, 10, 10))
        self.assertEqual(truth["kinds"], [{"kind": "scratch", "injected": 20, "caught": 10, "located": 10}])
        self.assertIn("defects injected: 20, caught 10", self.records("--summary").stdout)

    def test_follow_prints_what_arrives(self):
        with subprocess.Popen([OKNG, "records", "--store", self.store, "--json", "--follow", "--last", "2", "--count", "7"],
                              stdout=subprocess.PIPE, text=True) as p:
            first = [json.loads(p.stdout.readline())["part_id"] for _ in range(2)]
            self.make(100, 5)
            rest = [json.loads(line)["part_id"] for line in p.stdout]
            self.assertEqual(p.wait(60), GOOD)
        self.assertEqual(first + rest, ["P%04d" % i for i in range(98, 105)])

    def test_follow_waits_for_the_record(self):
        later = self.path("later")
        with subprocess.Popen([OKNG, "records", "--store", later, "--json", "--follow", "--last", "10", "--count", "10"],
                              stdout=subprocess.PIPE, text=True) as p:
            subprocess.run([MAKE_STORE, later, "0", "4"], check=True)
            self.assertIsNone(p.poll())
            subprocess.run([MAKE_STORE, later, "4", "6"], check=True)
            got = [json.loads(line)["part_id"] for line in p.stdout]
            self.assertEqual(p.wait(60), GOOD)
        self.assertEqual(got, ["P%04d" % i for i in range(10)])

    def test_no_record(self):
        for folder in (self.path("nowhere"), self.dir):
            r = self.run_okng(FAILED, "records", "--store", folder)
            self.assertTrue(r.stderr.startswith("okng: records: "))
        self.write("junk/records.db", "this is not a database, whatever its name says" * 100)
        self.run_okng(FAILED, "records", "--store", self.path("junk"))


def png(width, height, grey):
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes(grey(x, y) for x in range(width)) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def touch(a, b):
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
