#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""okng camera live on a terminal of the test's own, and into a pipe: test_live.py OKNG."""
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

OKNG = os.path.abspath(sys.argv.pop(1))
LIMIT = 60


class Live(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory(prefix="okng-live-")
        self.dir = self.tmp.name
        self.write("okng.toml", '[camera]\nname = "top"\ntype = "synthetic"\n[store]\nfolder = "data"\n')

    def tearDown(self):
        self.tmp.cleanup()

    def write(self, name, text):
        with open(os.path.join(self.dir, name), "w") as f:
            f.write(text)

    def run_live(self, *args, status=0):
        p = subprocess.run([OKNG, "camera", "live", "-c", "okng.toml", *args], cwd=self.dir, capture_output=True, text=True, timeout=LIMIT)
        self.assertEqual(p.returncode, status, p.stdout + p.stderr)
        return p

    def test_lines_for_pipes(self):
        lines = self.run_live("--count", "5", "--every", "0").stdout.splitlines()
        self.assertEqual(len(lines), 5)
        for n, line in enumerate(lines, 1):
            self.assertRegex(line, rf"^frame {n} +sharpness 0\.\d+, best 0\.\d+ +mean +\d+\.\d +saturated \d")
        rows = [json.loads(line) for line in self.run_live("-n", "4", "--json", "--every", "0").stdout.splitlines()]
        self.assertEqual([r["frame"] for r in rows], [1, 2, 3, 4])
        self.assertEqual(rows[-1]["best"], max(r["sharpness"] for r in rows))
        part = json.loads(self.run_live("-n", "1", "--json", "--region", "100,100,64,48").stdout)
        self.assertNotEqual(part["mean"], rows[0]["mean"])

    def test_pictures_are_those_of_grab(self):
        self.run_live("-n", "3", "--every", "0", "--out", "live")
        subprocess.run([OKNG, "camera", "grab", "-c", "okng.toml", "-n", "3", "--out", "grab"], cwd=self.dir, check=True, capture_output=True)
        names = sorted(os.listdir(os.path.join(self.dir, "live")))
        self.assertEqual(names, ["frame-000001.png", "frame-000002.png", "frame-000003.png"])
        for name in names:
            pair = [open(os.path.join(self.dir, folder, name), "rb").read() for folder in ("live", "grab")]
            self.assertEqual(pair[0], pair[1], name)

    def test_refusals(self):
        for args, word in ((["--region", "1,2,3"], "X,Y,W,H"), (["--region", "0,0,4,4"], "at least 8"), (["extra"], "unexpected"),
                           (["--region", "600,0,100,100", "-n", "1"], "not within the picture of 640 x 480"),
                           (["--camera", "side"], 'no camera has the name "side"'), (["--every", "-1"], "every")):
            p = self.run_live(*args, status=2)
            self.assertIn(word, p.stderr)
            self.assertEqual(p.stdout, "")

    def test_ctrl_c(self):
        p = subprocess.Popen([OKNG, "camera", "live", "-c", "okng.toml", "--every", "10"], cwd=self.dir, stdout=subprocess.PIPE, text=True)
        p.stdout.readline()
        p.send_signal(signal.SIGINT)
        p.communicate(timeout=LIMIT)
        self.assertEqual(p.returncode, 0)

    def terminal(self, term, locale):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 72, 0, 0))
        before = termios.tcgetattr(theirs)
        env = {**os.environ, "TERM": term, "LC_ALL": locale, "COLORTERM": ""}
        p = subprocess.Popen([OKNG, "camera", "live", "-c", "okng.toml", "--every", "1"], cwd=self.dir, stdin=theirs, stdout=theirs, env=env)
        seen = b""

        def until(word):
            nonlocal seen
            while word not in seen:
                self.assertTrue(select.select([ours], [], [], LIMIT)[0], f"'{word}' never came: {seen[-400:]}")
                seen += os.read(ours, 65536)

        until(b"frame 3 ")
        os.write(ours, b"r")
        until(b"frame 5 ")
        os.write(ours, b"q")
        until(b"\x1b[?1049l")
        while p.poll() is None:
            if select.select([ours], [], [], 0.05)[0]:
                seen += os.read(ours, 65536)
        self.assertEqual(p.returncode, 0)
        self.assertEqual(termios.tcgetattr(theirs), before, "the terminal is as it was")
        os.close(ours)
        os.close(theirs)
        self.assertIn(b"sharpness", seen)
        return seen

    def test_terminal_of_letters(self):
        seen = self.terminal("vt100", "C")
        self.assertNotIn("▀".encode(), seen)
        frame = seen.split(b"frame 2 ")[1].split(b"frame 3 ")[0]
        self.assertEqual(frame.count(b"\n"), 2 + 20)

    def test_terminal_of_colours(self):
        seen = self.terminal("xterm-256color", "C.UTF-8")
        self.assertIn("▀".encode(), seen)
        self.assertIn(b"\x1b[38;5;2", seen)
        self.assertIn(b" 255", seen)


unittest.main()
