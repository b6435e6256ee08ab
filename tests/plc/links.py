# SPDX-License-Identifier: Apache-2.0
"""What the tests of the other roles share: a serial line that can be unplugged, a station with links, and its log."""
import os
import pty
import queue
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import tty

LIMIT = 60  # seconds for anything that must happen


def crc(data):
    c = 0xffff
    for b in data:
        c ^= b
        for _ in range(8):
            c = c >> 1 ^ 0xa001 if c & 1 else c >> 1
    return c


def frame(unit, pdu):
    data = bytes([unit]) + pdu
    return data + crc(data).to_bytes(2, "little")


class Line:
    """Two pseudo-terminals joined by socat, with fixed names."""

    def __init__(self, work):
        self.ours, self.theirs = os.path.join(work, "ours"), os.path.join(work, "theirs")
        self.socat = None

    def plug(self):
        if self.socat:
            return
        self.socat = subprocess.Popen(["socat", "-d", "-d", f"pty,raw,echo=0,link={self.theirs}", f"pty,raw,echo=0,link={self.ours}"],
                                      stderr=subprocess.PIPE, text=True)
        for said in self.socat.stderr:
            if "starting data transfer loop" in said:
                return
        raise AssertionError("socat did not start")

    def unplug(self):
        self.socat.kill()
        self.socat.wait()
        self.socat.stderr.close()
        self.socat = None
        for name in (self.ours, self.theirs):
            if os.path.islink(name):
                os.unlink(name)

    def __enter__(self):
        self.plug()
        return self

    def __exit__(self, *_):
        if self.socat:
            self.unplug()


class EchoLine:
    """A line whose adapter on our side hears what it sends, as half-duplex ones do."""

    def __init__(self, work):
        self.ours, self.theirs = os.path.join(work, "ours"), os.path.join(work, "theirs")
        self.ends, self.echoed = [], 0

    def __enter__(self):
        for name in (self.ours, self.theirs):
            end, tty_end = pty.openpty()
            tty.setraw(tty_end)
            os.symlink(os.ttyname(tty_end), name)
            self.ends.append((end, tty_end))
        self.stop, stopped = os.pipe()
        self.thread = threading.Thread(target=self.relay, args=(self.ends[0][0], self.ends[1][0], self.stop), daemon=True)
        self.wake = stopped
        self.thread.start()
        return self

    def relay(self, ours, theirs, stop):
        while True:
            ready = select.select([ours, theirs, stop], [], [])[0]
            if stop in ready:
                return
            if ours in ready:
                data = os.read(ours, 4096)
                os.write(ours, data)
                self.echoed += len(data)
                os.write(theirs, data)
            if theirs in ready:
                os.write(ours, os.read(theirs, 4096))

    def __exit__(self, *_):
        os.write(self.wake, b"x")
        self.thread.join()
        for fd in [fd for pair in self.ends for fd in pair] + [self.stop, self.wake]:
            os.close(fd)


class Station:
    """The tests' station with the links of a station file. Lines of its log wait in order until they are asked for."""

    def __init__(self, work, text):
        path = os.path.join(work, "okng.toml")
        with open(path, "w") as f:
            f.write(text)
        self.process = subprocess.Popen([sys.argv[1], path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.log, self.said = queue.Queue(), queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.first = self.until_end()

    def read(self):
        for line in self.process.stdout:
            (self.log if line.startswith("log: ") else self.said).put(line.strip())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait(LIMIT) == 0

    def tell(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def until_end(self):
        links = []
        while (line := self.said.get(timeout=LIMIT)) != "link end":
            _, _, state, port, losses = line.split()
            links.append((state, int(port), int(losses)))
        return links

    def links(self):
        """(state, port, losses) of each link."""
        self.tell("links")
        return self.until_end()

    def await_link(self, i, state):
        while self.links()[i][0] != state:
            pass

    def count(self):
        """accepted, refused, published, commands"""
        self.tell("count")
        return [int(n) for n in self.said.get(timeout=LIMIT).split()[1:]]

    def await_line(self, part):
        """Takes lines off the log until one holds that part; returns it."""
        while True:
            line = self.log.get(timeout=LIMIT)
            if part in line:
                return line


def main(cases):
    """Runs the cases named on the command line, or all; one that returns a text was skipped for that reason."""
    if not shutil.which("socat"):
        print("skipped: socat is not installed")
        return 77
    try:
        import pymodbus  # noqa: F401
        import serial_asyncio  # noqa: F401
    except ImportError:
        print("skipped: python3-pymodbus or python3-serial-asyncio is not installed")
        return 77
    for name in sys.argv[2:] or cases:
        with tempfile.TemporaryDirectory(prefix="okng-link-") as work:
            why = cases[name](work)
        print(f"{name}: {'skipped: ' + why if why else 'ok'}", flush=True)
    return 0
