#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# okng plc watch against the real Modbus server and against servers that lie.
# usage: test_plc_watch.py OKNG PEER_STATION [unittest arguments]
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import unittest

from modbus_peer import Client, Server

OKNG, STATION = sys.argv[1:3]
GOOD, FAILED = 0, 2


class Case(unittest.TestCase):
    def station(self, order=0):
        p = subprocess.Popen([STATION, str(order)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def end():
            p.stdin.close()
            p.stdout.close()
            p.wait(60)

        self.addCleanup(end)
        self.process = p
        return int(p.stdout.readline())

    def once(self, status, *args):
        r = subprocess.run([OKNG, "plc", "watch", "--once", *args], capture_output=True, text=True, timeout=60)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r

    def watch(self, *args, **kwargs):
        p = subprocess.Popen([OKNG, "plc", "watch", "--every", "5", *args], text=True, **{"stdout": subprocess.PIPE, **kwargs})
        self.addCleanup(lambda: (p.poll() is None and p.kill(), p.wait(), p.stdout and p.stdout.close()))
        return p

    def end(self, p):
        p.send_signal(signal.SIGINT)
        self.assertEqual(p.wait(60), GOOD)


class Once(Case):
    def test_every_row_of_the_map_in_every_word_order(self):
        names = set(re.findall(r"^\| [0-9-]+ \| \d+(?:-\d+)? \| (\w+) ", subprocess.run(
            [OKNG, "plc", "map"], capture_output=True, text=True).stdout, re.M))
        self.assertGreater(len(names), 80)
        for number, order in enumerate(("ABCD", "CDAB", "BADC", "DCBA")):
            port = self.station(number)
            client = Client(port)
            client.write(1, 7)
            text = self.once(GOOD, f"localhost:{port}").stdout
            self.assertIn(f"word order {order}", text)
            values = dict(re.findall(r"^\S+  input +\d+  (\w+) +(.*)$", text, re.M))
            self.assertEqual((values["TEST_U32"], values["TEST_FLOAT"], values["TEST_ASCII"]), ("305419896", "123.45", '"ABCD"'))
            self.assertIn(values["STATE"].split()[1], ("READY", "SINGLE_EXECUTION"))
            self.assertEqual(names, set(re.findall(r"^\S+  (?:coil|discrete|input|holding) +\d+  (\w+)", text, re.M)))
            client.close()

    def test_json(self):
        port = self.station()
        rows = [json.loads(line) for line in self.once(GOOD, "--json", f"127.0.0.1:{port}").stdout.splitlines()]
        self.assertEqual((rows[0]["link"], rows[0]["word_order"], rows[0]["reason"]), ("UP", "ABCD", None))
        value = {(r["table"], r["name"]): (r["value"], r["text"]) for r in rows[1:]}
        self.assertEqual(value["input", "TEST_U32"], (0x12345678, None))
        self.assertEqual(value["input", "TEST_ASCII"], ("ABCD", None))
        self.assertEqual(value["input", "STATE"], (5, "READY"))
        self.assertEqual(value["discrete", "READY"], (1, None))

    def test_what_cannot_be_read_is_2(self):
        dead = Server(lambda pdu: None)
        self.assertIn("closed", self.once(FAILED, f"127.0.0.1:{dead.port}").stderr)
        port = dead.port
        dead.close()
        self.assertIn("refused", self.once(FAILED, f"127.0.0.1:{port}").stderr)
        for pdu, said in ((bytes([0x84, 11]), "exception 11"), (bytes([4, 2, 0, 0]), "not to what was asked"),
                          (bytes([3, 200]) + bytes(200), "not to what was asked")):
            lying = Server(lambda request, pdu=pdu: pdu)
            self.assertIn(said, self.once(FAILED, f"127.0.0.1:{lying.port}").stderr)
            lying.close()
        late = Server(lambda request: bytes([4, 200]) + bytes(200))
        late.frame = lambda transaction, unit, pdu: struct.pack(">HHHB", transaction ^ 1, 0, len(pdu) + 1, unit) + pdu
        self.assertIn("not to what was asked", self.once(FAILED, f"127.0.0.1:{late.port}").stderr)
        late.frame = lambda transaction, unit, pdu: b"HTTP/1.1 400 Bad Request\r\n\r\n"
        self.assertIn("not Modbus TCP", self.once(FAILED, f"127.0.0.1:{late.port}").stderr)
        late.close()

    def test_registers_without_meaning(self):
        def zeros(pdu):
            n = struct.unpack(">H", pdu[3:5])[0]
            size = 2 * n if pdu[0] in (3, 4) else (n + 7) // 8
            return bytes([pdu[0], size]) + bytes(size)

        server = Server(zeros)
        self.assertIn("word order unknown", self.once(GOOD, f"127.0.0.1:{server.port}").stdout)
        self.assertLessEqual(set(server.functions), {1, 2, 3, 4}, "it must not write")
        server.close()


class Live(Case):
    def read_until(self, p, good):
        while True:
            line = p.stdout.readline()
            self.assertTrue(line, "it ended")
            if good(line):
                return line

    def test_changes_and_a_lost_station(self):
        port = self.station()
        p = self.watch("--json", f"127.0.0.1:{port}")
        self.read_until(p, lambda line: '"PART_ID"' in line and '"holding"' in line)
        client = Client(port)
        client.write(1, 8)
        self.assertEqual(json.loads(self.read_until(p, lambda line: '"TRIG_SEQ_ECHO"' in line))["value"], 8)
        self.assertEqual(json.loads(self.read_until(p, lambda line: '"VERDICT"' in line))["text"], "OK")
        client.close()
        self.process.stdin.close()
        down = json.loads(self.read_until(p, lambda line: '"link"' in line))
        self.assertEqual(down["link"], "DOWN")
        self.assertTrue(down["reason"])
        self.end(p)

    def test_lines_say_old_and_new(self):
        port = self.station()
        p = self.watch(f"127.0.0.1:{port}")
        self.read_until(p, lambda line: " PART_ID " in line and " holding " in line)
        client = Client(port)
        client.write(9, 250)
        self.assertRegex(self.read_until(p, lambda line: "->" in line), r"holding +9  VERDICT_DEADLINE +0 -> 250$")
        client.close()
        self.end(p)

    def test_a_station_that_comes_later(self):
        first = Server(lambda pdu: None)
        port = first.port
        p = self.watch(f"127.0.0.1:{port}")
        self.read_until(p, lambda line: "DOWN" in line and "closed" in line)
        first.answer = lambda pdu: bytes([pdu[0]]) + (
            lambda n: bytes([n]) + bytes(n))(struct.unpack(">H", pdu[3:5])[0] * (2 if pdu[0] > 2 else 1) // (1 if pdu[0] > 2 else 8))
        self.read_until(p, lambda line: "  UP  " in line)
        self.end(p)
        first.close()

    def test_the_terminal_is_given_back(self):
        port = self.station()
        master, slave = pty.openpty()
        p = self.watch(f"127.0.0.1:{port}", stdout=slave, env={**os.environ, "TERM": "xterm"})
        os.close(slave)
        text = b""
        while b"more: make the window larger" not in text:
            text += os.read(master, 65536)
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 45, 200, 0, 0))
        while b" VERDICT_DEADLINE" not in text:
            text += os.read(master, 65536)
        client = Client(port)
        client.write(9, 250)
        while b"*VERDICT_DEADLINE" not in text:
            text += os.read(master, 65536)
        client.close()
        p.send_signal(signal.SIGINT)
        while not text.endswith(b"\033[?1049l"):
            text += os.read(master, 65536)
        self.assertEqual(p.wait(60), GOOD)
        os.close(master)
        self.assertIn(b"word order ABCD", text)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[3:])
