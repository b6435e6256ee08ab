#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# okng as the master, against PLCs that misbehave: silence, halves, noise, answers to other questions, exceptions, hang-ups.
# Each must be seen for what it is, and the honest PLC that follows must find the link working.
import os
import select
import socket
import sys

from links import LIMIT, Line, Station, crc, frame, main

COMMON = """control_at = 0
result_at = 100
poll_ms = 1
tries = 2
retry_ms = 10
retry_max_ms = 20
"""


class Honest:
    """Answers PDUs of functions 3 and 16."""

    def __init__(self):
        self.holding = [0] * 1000

    def answer(self, q):
        at, n = int.from_bytes(q[1:3], "big"), int.from_bytes(q[3:5], "big")
        if q[0] == 3:
            return bytes([3, 2 * n]) + b"".join(w.to_bytes(2, "big") for w in self.holding[at:at + n])
        assert q[0] == 16 and q[5] == 2 * n and len(q) == 6 + 2 * n, q
        self.holding[at:at + n] = [int.from_bytes(q[6 + 2 * i:8 + 2 * i], "big") for i in range(n)]
        return q[:5]


def exactly(conn, n):
    got = b""
    while len(got) < n:
        piece = conn.recv(n - len(got))
        if not piece:
            raise EOFError
        got += piece
    return got


class Tcp:
    """One connection at a time."""

    def __init__(self):
        self.listen = socket.create_server(("127.0.0.1", 0))
        self.listen.settimeout(LIMIT)
        self.port = self.listen.getsockname()[1]
        self.honest = Honest()
        self.conn = None

    def request(self):
        head = exactly(self.conn, 7)
        assert head[2:4] == b"\0\0"
        return head, exactly(self.conn, int.from_bytes(head[4:6], "big") - 1)

    def adu(self, head, pdu):
        return head[:4] + (len(pdu) + 1).to_bytes(2, "big") + head[6:7] + pdu

    def serve(self, behave):
        """behave(self, head, pdu) sends what it likes; ends when okng hangs up, or when it returns true, which it then did."""
        done = False
        self.conn, _ = self.listen.accept()
        self.conn.settimeout(LIMIT)
        try:
            while not done:
                head, pdu = self.request()
                done = behave(self, head, pdu)
        except (EOFError, ConnectionResetError, BrokenPipeError):
            pass
        self.conn.close()
        return done

    def serve_until_done(self, behave):
        """Over the connections that okng gave up while nobody accepted."""
        while not self.serve(behave):
            pass


def say(change):
    """A behaviour that sends what change makes of the honest answer."""
    def behave(plc, head, pdu):
        plc.conn.sendall(change(plc, head, plc.honest.answer(pdu)))
    return behave


def until_up(s):
    """Honest until the link says UP, then it hangs up."""
    def behave(plc, head, pdu):
        plc.conn.sendall(plc.adu(head, plc.honest.answer(pdu)))
        return s.links()[0][0] == "UP"
    return behave


def wrong_transaction(head):
    return bytes([head[0] ^ 0x80]) + head[1:]


def tcp(work):
    once = []

    def busy_once(plc, head, pdu):
        busy = not once
        once.append(1)
        plc.conn.sendall(plc.adu(head, bytes([pdu[0] | 0x80, 6]) if busy else plc.honest.answer(pdu)))
        return not busy and s.links()[0][0] == "UP"

    def byte_by_byte(plc, head, pdu):
        for b in plc.adu(head, plc.honest.answer(pdu)):
            plc.conn.sendall(bytes([b]))
        return s.links()[0][0] == "UP"

    def twice_and_late(plc, head, pdu):
        whole = plc.adu(head, plc.honest.answer(pdu))
        plc.conn.sendall(plc.adu(wrong_transaction(head), plc.honest.answer(pdu)) + whole + whole)
        return s.links()[0][0] == "UP"

    bad = [
        ("no answer to function 16 at 100", lambda plc, head, pdu: None),
        ("half an answer", say(lambda plc, head, a: plc.adu(head, a)[:9])),
        ("not Modbus TCP", say(lambda plc, head, a: b"HTTP/1.1 400 Bad Request\r\n\r\n")),
        ("no answer", say(lambda plc, head, a: plc.adu(wrong_transaction(head), a))),
        ("does not fit", say(lambda plc, head, a: plc.adu(head, bytes([a[0] ^ 1]) + a[1:]))),
        ("exception 2 to function 16 at 100", say(lambda plc, head, a: plc.adu(head, bytes([a[0] | 0x80, 2])))),
        ("does not fit", say(lambda plc, head, a: plc.adu(head, bytes([a[0] | 0x80])))),
        ("exception 6 to function 16", say(lambda plc, head, a: plc.adu(head, bytes([a[0] | 0x80, 6])))),
        ("does not fit", say(lambda plc, head, a: plc.adu(head, a + b"\0"))),
        # The write is answered well, the read is not.
        ("does not fit", say(lambda plc, head, a: plc.adu(head, a if a[0] == 16 else a[:-2]))),
        ("exception 2 to function 3 at 0", say(lambda plc, head, a: plc.adu(head, a if a[0] == 16 else b"\x83\x02"))),
        ("does not fit", say(lambda plc, head, a: plc.adu(head, a if a[0] == 16 else bytes([3, 50]) + a[2:]))),
        ("not Modbus TCP", say(lambda plc, head, a: plc.adu(head, a)[:4] + b"\xff\xff" + a)),
        ("does not fit", say(lambda plc, head, a: plc.adu(head, a if a[0] == 3 else b"\x10\x00\x65" + a[3:]))),
    ]
    def text(plc):
        return f'[plc]\nenabled = false\n[[link]]\nrole = "client"\nhost = "127.0.0.1"\nport = {plc.port}\nresponse_ms = 50\n' + COMMON

    for says, behave in bad:
        plc = Tcp()
        with Station(work, text(plc)) as s: # one each: a log says at most 50 lines in a second
            plc.serve(behave)
            s.await_line(says) # "no answer" may come before it: okng tries again while nobody accepts
            plc.serve_until_done(until_up(s))
            s.await_line(": UP")
            s.await_line(": DOWN")
            assert s.links()[0][2] == 1
    plc = Tcp()
    with Station(work, text(plc)) as s:
        for n, fair in enumerate((busy_once, byte_by_byte, twice_and_late)):
            plc.serve_until_done(fair)
            s.await_line(": UP")
            s.await_line(": DOWN")
            assert s.links()[0][2] == n + 1
        # A machine that is there and takes no connection.
        full = socket.socket()
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.create_connection(full.getsockname(), LIMIT)]
        with Station(work, text(plc).replace(str(plc.port), str(full.getsockname()[1]))) as other:
            other.await_line("no connection in time")
            assert other.links()[0][0] != "UP"
        waiting[0].close()
        full.close()
        # Nobody listens.
        plc.listen.close()
        s.await_line("refused")
        assert s.links()[0][0] != "UP"


def serial(work):
    honest = Honest()
    
    def ask(fd):
        """The next request, whole."""
        got = b""
        while True:
            if not select.select([fd], [], [], LIMIT)[0]:
                raise TimeoutError(got)
            got += os.read(fd, 256)
            for i in range(len(got)):
                f = got[i:]
                if len(f) >= 8 and int.from_bytes(f[-2:], "little") == crc(f[:-2]):
                    return f[1:-2]

    def normal(pdu):
        return frame(5, honest.answer(pdu))

    bad = [
        lambda pdu: b"",
        lambda pdu: normal(pdu)[:-1] + bytes([normal(pdu)[-1] ^ 1]),
        lambda pdu: normal(pdu)[:4],
        lambda pdu: frame(6, honest.answer(pdu)),
        lambda pdu: b"\x05\x03\xff" * 80,
        lambda pdu: frame(5, bytes([pdu[0] ^ 0x11]) + honest.answer(pdu)[1:]),
    ]
    fair = [
        lambda pdu: b"\xff\x00\x05\x10" + normal(pdu),
        lambda pdu: normal(pdu) + normal(pdu),
        lambda pdu: frame(6, honest.answer(pdu)) + normal(pdu),
    ]
    with Line(work) as line:
        text = f'[plc]\nenabled = false\n[[link]]\nrole = "rtu-client"\ndevice = "{line.ours}"\nunit = 5\nresponse_ms = 50\n' + COMMON
        with Station(work, text) as s:
            fd = os.open(line.theirs, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

            def behave(make, until):
                while not until():
                    os.write(fd, make(ask(fd)))

            def state_is(name):
                return lambda: s.links()[0][0] == name
            behave(normal, state_is("UP"))
            for make in bad:
                losses = s.links()[0][2]
                behave(make, lambda: s.links()[0][2] > losses)
                assert "no answer" in s.await_line(": DOWN")
                behave(normal, state_is("UP"))
            for make in fair:
                losses = s.links()[0][2]
                for _ in range(20):
                    os.write(fd, make(ask(fd)))
                assert s.links()[0] == ("UP", 0, losses)
            losses = s.links()[0][2]
            behave(lambda pdu: frame(5, bytes([pdu[0] | 0x80, 4])), lambda: s.links()[0][2] > losses)
            assert "exception 4" in s.await_line(": DOWN")
            os.close(fd)


if __name__ == "__main__":
    sys.exit(main({f.__name__: f for f in (tcp, serial)}))
