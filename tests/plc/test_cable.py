#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# test_cable.py STATION: the cable is pulled before every single request of a PLC's cycle, in both styles, and put back:
# soon, so that the connection lives on; or late, when the station has dropped it, freed the place of the writer, and the PLC
# connects anew. Each part must be inspected once and read with its own verdict. The PLC and the station have network
# namespaces of their own with a veth pair between; skipped with a word where that is not allowed.
import ctypes
import os
import socket
import struct
import subprocess
import sys
import time

STATION = sys.argv[1]
HERE, THERE, PORT_WAIT = "10.254.17.1", "10.254.17.2", 20
DEAD_S = 1
LIMIT = 60.0
READY, ONLINE, TRIG_ACK, EXPOSED, VALID, OK, NG, LOST = 0, 1, 2, 3, 5, 6, 7, 20


def alone():
    """This program once more, in a network namespace of its own."""
    if os.environ.get("OKNG_CABLE_ALONE"):
        return
    for how in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        try:
            p = subprocess.run([*how, "sh", "-c", "ip link set lo up && ip link add okng0 type veth peer name okng1"], capture_output=True)
        except FileNotFoundError:
            break
        if p.returncode == 0:
            os.environ["OKNG_CABLE_ALONE"] = "1"
            os.execvp(how[0], [*how, sys.executable, *sys.argv])
    print("skipped: no network namespace with a veth pair of its own (root, unshare, iproute2)")
    sys.exit(77)


def ip(*args):
    subprocess.run(["ip", *args], check=True)


class Refused(Exception):
    pass


class Client:
    """A PLC's socket: one request at a time; what is not answered in time or lost is asked anew on a new connection."""

    def __init__(self, address, port, namespace=None):
        self.address, self.port, self.namespace = address, port, namespace
        self.sock, self.ids, self.connects = None, 0, 0

    def connect(self):
        if self.namespace is None:
            self.sock = socket.socket()
        else:  # a socket belongs to the namespace of the thread that made it
            own = os.open("/proc/self/ns/net", os.O_RDONLY)
            libc.setns(self.namespace, 0)
            self.sock = socket.socket()
            libc.setns(own, 0)
            os.close(own)
        self.sock.settimeout(LIMIT)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.connect((self.address, self.port))
        self.connects += 1

    def send(self, pdu):
        if self.sock is None:
            self.connect()
        self.ids = (self.ids + 1) & 0xffff
        self.sock.sendall(struct.pack(">HHHB", self.ids, 0, len(pdu) + 1, 1) + pdu)

    def receive(self):
        data = b""
        while len(data) < 7 or len(data) < 6 + data[5]:
            more = self.sock.recv(1024)
            if not more:
                raise ConnectionResetError
            data += more
        assert struct.unpack(">H", data[:2])[0] == self.ids
        return data[7:]

    def close(self):
        if self.sock:
            self.sock.close()
        self.sock = None

    def ask(self, pdu):
        start = time.monotonic()
        while True:
            try:
                self.send(pdu)
                answer = self.receive()
            except OSError:  # reset, or no way there yet
                assert time.monotonic() - start < LIMIT
                self.close()
                continue
            if answer[0] & 0x80:
                raise Refused(answer[1])
            return answer


def read_block():
    return struct.pack(">BHH", 4, 0, 64)


def write_register(at, value):
    return struct.pack(">BHH", 6, at, value)


class Line:
    """The station, the PLC and the cable between them."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "--net", STATION, "0", "16", "0.0.0.0", str(DEAD_S)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.namespace = os.open(f"/proc/{self.process.pid}/ns/net", os.O_RDONLY)
        ip("link", "add", "okng0", "type", "veth", "peer", "name", "okng1", "netns", str(self.process.pid))
        ip("addr", "add", HERE + "/24", "dev", "okng0")
        ip("link", "set", "okng0", "up")
        enter = ["nsenter", f"--net=/proc/{self.process.pid}/ns/net", "ip"]
        subprocess.run([*enter, "link", "set", "lo", "up"], check=True)
        subprocess.run([*enter, "addr", "add", THERE + "/24", "dev", "okng1"], check=True)
        subprocess.run([*enter, "link", "set", "okng1", "up"], check=True)
        self.plc = Client(THERE, self.port)
        self.beside = Client("127.0.0.1", self.port, self.namespace)  # within the station's machine: no cable
        self.part, self.read, self.up = 0, 0, True

    def order(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return [int(n) for n in self.process.stdout.readline().split()]

    def pull(self):
        ip("link", "set", "okng0", "down")
        self.up = False

    def put_back(self):
        ip("link", "set", "okng0", "up")
        self.up = True

    def await_freed(self):
        """Until the place of the writer is free: another may write, and leaves."""
        start = time.monotonic()
        while True:
            try:
                self.beside.ask(write_register(7, 1))
                break
            except Refused as e:
                assert e.args == (6,)
                assert time.monotonic() - start < LIMIT, "a peer without a cable keeps the writer's place"
        took = time.monotonic() - start
        self.beside.close()
        return took


class Cycle:
    """The requests of one part; before number `at` the cable is pulled, for `how`."""

    def __init__(self, line, at, how):
        self.line, self.at, self.how, self.n, self.freed = line, at, how, 0, None

    def ask(self, pdu):
        self.n += 1
        if self.n - 1 != self.at:
            return self.retry(pdu)
        line, plc = self.line, self.line.plc
        if plc.sock is None:
            plc.connect()
        if self.how == "answer":  # sent, perhaps received; what is certain is that the cable is out when the answer comes
            plc.send(pdu)
            line.pull()
        else:
            line.pull()
            plc.send(pdu)
        line.order("go")  # the station works on
        if self.how == "late":
            self.freed = line.await_freed()
            plc.close()
            line.put_back()
            return self.retry(pdu)
        line.beside.ask(read_block())
        line.put_back()
        try:
            answer = plc.receive()
        except OSError:
            plc.close()
            return self.retry(pdu)
        if answer[0] & 0x80:
            raise Refused(answer[1])
        return answer

    def retry(self, pdu):
        """The one before may still hold the writer's place for a moment."""
        start = time.monotonic()
        while True:
            try:
                return self.line.plc.ask(pdu)
            except Refused as e:
                assert e.args == (6,) and time.monotonic() - start < LIMIT

    def until(self, good):
        start = time.monotonic()
        answer = self.ask(read_block())  # asking again is the same step of the cycle
        while True:
            words = struct.unpack(">64H", answer[2:])
            bits = words[1] << 16 | words[2]
            assert (bits >> OK & 1) + (bits >> NG & 1) == (bits >> VALID & 1)
            if good(words, bits):
                return words
            assert time.monotonic() - start < LIMIT, words
            answer = self.retry(read_block())

    def coils(self, value):
        self.ask(write_register(0, value))

    def sequence(self):
        line = self.line
        line.part += 1
        self.ask(write_register(1, line.part))
        words = self.until(lambda w, b: w[17] == line.part)
        assert words[16] == words[63] and words[19] == (2 if line.part % 2 else 1), words
        self.ask(write_register(2, words[16]))
        self.until(lambda w, b: not b >> VALID & 1 and w[16] == 0)
        return words[16]

    def bits(self):
        self.coils(1)
        self.until(lambda w, b: b >> READY & 1)
        self.coils(3)
        self.until(lambda w, b: b >> TRIG_ACK & 1)
        self.coils(1)
        self.until(lambda w, b: b >> EXPOSED & 1)
        words = self.until(lambda w, b: b >> VALID & 1)
        assert words[17] == 0 and words[19] == 1, words
        self.coils(5)
        self.until(lambda w, b: not b >> VALID & 1)
        self.coils(1)
        return words[16]


def scenario(line, style, at, how):
    """True when the cycle has a request number `at`."""
    before = line.order("hold" if how != "none" else "go")
    cycle = Cycle(line, at, how)
    # Held until the cable is out; where the cycle would wait for the station before that, it goes on.
    if at > {"sequence": 1, "bits": 5}[style]:
        line.order("go")
    head = getattr(cycle, style)()
    after = line.order("go")
    line.read += 1
    assert after[0] == before[0] + 1 and after[1] == 0, ("each part once", style, at, how, before, after)
    assert head == line.read, ("each result once", style, at, how, head, line.read)
    if cycle.freed is not None:
        assert cycle.freed < DEAD_S + 3, f"freed after {cycle.freed:.1f} s"
    return cycle.n > at, cycle.freed


def main():
    line = Line()
    n = {"soon": 0, "answer": 0, "late": 0}
    freed = []
    for style in ("sequence", "bits"):
        for how in n:
            at = 0
            while True:
                hit, after = scenario(line, style, at, how)
                if not hit:
                    break
                n[how] += 1
                freed += [after] if after is not None else []
                at += 1
        line.plc.ask(write_register(0, 0))
    assert all(v == 4 + 10 for v in n.values()), n
    line.plc.close()
    line.process.stdin.close()
    assert line.process.wait(20) == 0
    print(f"the cable was pulled {sum(n.values())} times {n}; {line.read} parts, each once; the place of the writer was free after "
          f"{min(freed):.1f} to {max(freed):.1f} s with dead_s = {DEAD_S}")


alone()
libc = ctypes.CDLL(None, use_errno=True)
main()
