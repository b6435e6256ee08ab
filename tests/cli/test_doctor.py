#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""okng doctor on made-up machines and a real station: test_doctor.py OKNG."""
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

OKNG = os.path.abspath(sys.argv.pop(1))
ARAVIS = '[camera]\nname = "top"\ntype = "aravis"\n[camera.aravis]\nid = "no-such-camera"\n'
FIT = {
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance", "sys/devices/system/cpu/cpu1/online": "1",
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc", "proc/sys/net/core/rmem_max": "33554432",
    "proc/sys/kernel/sched_rt_runtime_us": "950000", "sys/module/usbcore/parameters/usbfs_memory_mb": "1000",
    "sys/class/net/lo/type": "772", "sys/class/net/lo/mtu": "65536", "sys/class/net/lo/operstate": "unknown",
    "sys/class/net/cam0/type": "1", "sys/class/net/cam0/mtu": "9000", "sys/class/net/cam0/operstate": "up",
    "sys/class/net/off/type": "1", "sys/class/net/off/mtu": "1500", "sys/class/net/off/operstate": "down",
    "etc/systemd/system/okngd.service": "", "sys/fs/cgroup/system.slice/okngd.service/cgroup.procs": "1",
}


class Doctor(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory(prefix="okng-doctor-")
        self.dir = self.tmp.name
        os.makedirs(self.path("data"))
        os.makedirs(self.path("recipes/demo"))
        recipe = subprocess.run([OKNG, "config", "--defaults", "recipe"], capture_output=True, text=True, check=True).stdout
        self.write("recipes/demo/recipe.toml", recipe)
        self.station("")

    def tearDown(self):
        self.tmp.cleanup()

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as f:
            f.write(text)

    def read(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def white(self, name, w, h):
        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        with open(self.path(name), "wb") as f:
            f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 0, 0, 0, 0)) +
                    chunk(b"IDAT", zlib.compress((b"\0" + b"\xb4" * w) * h)) + chunk(b"IEND", b""))

    def station(self, camera, plc="port = 0\n", store=""):
        self.write("okng.toml", f'{camera}[station]\nname = "press"\nworkers = 2\n[plc]\n{plc}[store]\nfolder = "data"\n{store}'
                   if camera else f'[camera]\ntype = "synthetic"\n[station]\nname = "press"\nworkers = 2\n[plc]\n{plc}[store]\nfolder = "data"\n{store}')

    def machine(self, **changed):
        """A root with what a fit machine has, but for what is changed (None: not there)."""
        root = tempfile.mkdtemp(dir=self.dir)
        files = dict(FIT)
        files.update({k.replace("__", "/"): v for k, v in changed.items()})
        for name, text in files.items():
            if text is not None:
                self.write(os.path.join(root, name), text + "\n")
        return root

    def examine(self, *args, status=None):
        p = subprocess.run([OKNG, "doctor", "--json", "-c", "okng.toml", *args], cwd=self.dir, capture_output=True, text=True, timeout=120)
        rows = [json.loads(line) for line in p.stdout.splitlines()]
        self.assertIn(p.returncode, (0, 1), p.stderr)
        self.assertEqual(p.returncode == 1, any(r["health"] == "fail" for r in rows), rows)
        if status is not None:
            self.assertEqual(p.returncode, status, rows)
        for r in rows:
            self.assertLessEqual(r["cure"] is not None, r["health"] != "ok", r)
        return rows

    def find(self, rows, what):
        found = [r for r in rows if r["what"] == what]
        self.assertTrue(found, f"nothing about {what} in {rows}")
        return found

    def teach(self):
        for args in (["camera", "grab", "-c", "okng.toml", "-n", "12", "--good", "--out", "good"], ["learn", "--recipe", "recipes/demo", "good"]):
            subprocess.run([OKNG, *args], cwd=self.dir, check=True, capture_output=True)

    def test_a_fit_station(self):
        self.station("", plc='port = 0\n')
        self.write("okng.toml", self.read("okng.toml").replace("[store]", "[store]\nmin_free_mib = 0"))
        self.teach()
        rows = self.examine("--root", self.machine(), status=0)
        self.assertEqual({r["what"] for r in rows if r["health"] != "ok"}, {"camera"}, rows)  # it is rendered
        self.assertIn("MB/s", self.find(rows, "disk speed")[0]["text"])
        self.assertEqual(os.listdir(self.path("data")), [], "nothing is left behind")
        text = subprocess.run([OKNG, "doctor", "-c", "okng.toml", "--root", self.machine()], cwd=self.dir, capture_output=True, text=True)
        self.assertIn("0 fail", text.stdout)

    def test_each_thing_that_is_not_well(self):
        self.station(ARAVIS)
        for changed, what, words, cure in (
                ({"proc/sys/net/core/rmem_max": "212992"}, "socket buffers", "208 KiB", "net.core.rmem_max=8388608"),
                ({"sys/class/net/cam0/mtu": "1500"}, "network", "cam0 has an MTU of 1500", "ip link set dev cam0 mtu 9000"),
                ({"sys/module/usbcore/parameters/usbfs_memory_mb": "16"}, "usb memory", "is 16", "usbfs_memory_mb"),
                ({"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave"}, "cpu frequency", "powersave", "echo performance"),
                ({"sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet"}, "clock", "hpet", None),
                ({"sys/devices/system/cpu/cpu1/online": None}, "workers", "2 workers in all share 1 cores", None),
                ({"proc/sys/kernel/sched_rt_runtime_us": "0"}, "real time", "switched off", "sched_rt_runtime_us=950000"),
                ({"sys/fs/cgroup/system.slice/okngd.service/cgroup.procs": None}, "service", "does not run", "systemctl enable --now okngd"),
                ({"etc/systemd/system/okngd.service": None}, "service", "not installed", "meson install")):
            with self.subTest(what):
                rows = self.examine("--root", self.machine(**changed))
                row, = self.find(rows, what)
                self.assertEqual(row["health"], "warn", row)
                self.assertIn(words, row["text"])
                self.assertIn(cure, row["cure"]) if cure else self.assertIsNone(row["cure"])
                others = {r["what"] for r in rows if r["health"] == "warn"} - {what}
                self.assertEqual(others & {"socket buffers", "network", "usb memory", "cpu frequency", "clock", "real time", "service"}, set(), rows)

    def test_a_machine_that_tells_nothing(self):
        root = self.path("empty")
        os.makedirs(root)
        self.station(ARAVIS)
        rows = self.examine("--root", root, status=1)  # the camera is not there
        self.assertEqual({r["what"] for r in rows} & {"socket buffers", "network", "usb memory", "clock", "workers"}, set())

    def test_camera_recipe_disk_and_file(self):
        self.station(ARAVIS)
        rows = self.examine("--root", self.machine(), status=1)
        camera, = self.find(rows, "camera")
        self.assertEqual((camera["health"], camera["cure"]), ("fail", "okng camera list"))
        self.assertIn("no-such-camera", camera["text"])
        recipe, = self.find(rows, "recipe")
        self.assertEqual(recipe["health"], "fail")
        self.assertIn("okng learn --recipe recipes/demo", recipe["cure"])
        self.write("recipes/demo/recipe.toml", "[[tool]]\nkind = 3\n")
        self.assertIn("unknown key", self.find(self.examine(status=1), "recipe")[0]["text"])
        os.rmdir(self.path("data"))
        self.assertIn("not there yet", self.find(self.examine(), "disk")[0]["text"])
        self.write("data", "a file\n")
        self.assertEqual(self.find(self.examine(status=1), "disk")[0]["health"], "fail")
        self.write("okng.toml", "[station]\nwurkers = 1\n")
        station, = self.find(self.examine(status=1), "station")
        self.assertIn("okng.toml:2: station.wurkers: unknown key", station["text"])

    def test_what_corrects_the_camera(self):
        self.station('[camera]\ntype = "synthetic"\nflat = "cam.flat"\ncalibration = "cam.toml"\n')
        rows = self.examine(status=1)
        self.assertIn("cam.flat", self.find(rows, "flat field")[0]["text"])
        self.assertEqual(self.find(rows, "flat field")[0]["health"], "fail")
        self.assertEqual(self.find(rows, "calibration")[0]["health"], "fail")
        self.white("white.png", 640, 480)
        subprocess.run([OKNG, "calib", "flat", "--white", "white.png", "--out", "cam.flat"], cwd=self.dir, check=True, capture_output=True)
        self.assertEqual(self.find(self.examine(), "flat field")[0]["health"], "ok")

    def test_room(self):
        self.station("", store="min_free_mib = 1048576\n")
        room, = self.find(self.examine(status=1), "disk room")
        self.assertIn("no pictures are kept", room["text"])

    def test_port(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            port = s.getsockname()[1]
            self.station("", plc=f"port = {port}\n")
            row, = self.find(self.examine(status=1), "port")
            self.assertIn("another program has", row["text"])
            self.assertIn(f":{port}", row["cure"])
        row, = self.find(self.examine(), "port")
        self.assertIn("is free", row["text"])
        self.station("", plc='bind = "192.0.2.1"\nport = 1502\n')
        self.assertIn("no address of this machine", self.find(self.examine(status=1), "port")[0]["text"])

    def test_several_stations(self):
        self.write("left.toml", '[station]\nname = "left"\nworkers = 4\n[camera]\ntype = "synthetic"\n[store]\nfolder = "data"\n')
        text = self.read("okng.toml").replace('name = "press"', 'name = "press"\nmore = ["left.toml"]')
        self.write("okng.toml", text)
        self.assertIn("each keeps its own record", self.find(self.examine(status=1), "station")[0]["text"])
        self.write("left.toml", self.read("left.toml").replace('"data"', '"data-left"'))
        rows = self.examine("--root", self.machine())
        self.assertEqual(len(self.find(rows, "station")), 2)
        self.assertIn("6 workers in all share 2 cores", self.find(rows, "workers")[0]["text"])


unittest.main()
