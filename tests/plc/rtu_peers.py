#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# The RTU server over a pair of pseudo-terminals: mbpoll and pymodbus as masters, and bare bytes for what no master sends.
# Every wait is for bytes or for a line of the station's log, with a limit far above need.
import os
import select
import shutil
import subprocess
import sys

from links import EchoLine, Line, Station, crc, frame, main

UNIT = 7


def config(line, extra=""):
    return f"""[plc]
enabled = false
[[link]]
role = "rtu-server"
device = "{line.ours}"
unit = {UNIT}
retry_ms = 10
retry_max_ms = 50
{extra}"""


def answer(fd, size, limit=20):
    """So many bytes, or those that came before the limit."""
    got = b""
    while len(got) < size and select.select([fd], [], [], limit)[0]:
        got += os.read(fd, size - len(got))
    return got


def mbpoll(line, *args):
    p = subprocess.run(["mbpoll", "-m", "rtu", "-a", str(UNIT), "-b", "19200", "-P", "even", "-0", "-1", "-q", "-o", "10", *args[:-1], line.theirs, *args[-1]],
                       capture_output=True, text=True, timeout=60)
    assert p.returncode == 0, p.stdout + p.stderr
    return {int(l[1:l.index("]")]): l.split(":", 1)[1].strip() for l in p.stdout.splitlines() if l.startswith("[")}


def with_mbpoll(work):
    if not shutil.which("mbpoll"):
        return "mbpoll is not installed"
    with Line(work) as line, Station(work, config(line)) as s:
        s.await_line(": UP")
        assert mbpoll(line, "-t", "1", "-r", "0", "-c", "2", []) == {0: "1", 1: "1"}
        assert mbpoll(line, "-t", "3:int", "-B", "-r", "64", "-c", "1", [])[64] == str(0x12345678)
        for n in (2, 3, 65535):
            mbpoll(line, "-t", "4", "-r", "1", [str(n)])
            while True:
                got = mbpoll(line, "-t", "3", "-r", "16", "-c", "4", [])
                if got[17].split()[0] == str(n):
                    break
            assert got[19] == ("2" if n % 2 else "1"), got


def with_pymodbus(work):
    from pymodbus.client import ModbusSerialClient
    with Line(work) as line, Station(work, config(line)) as s:
        s.await_line(": UP")
        c = ModbusSerialClient(method="rtu", port=line.theirs, baudrate=19200, parity="N", timeout=20)
        assert c.connect()
        for n in range(1, 101):
            assert not c.write_registers(1, [n], slave=UNIT).isError()
            while True:
                block = c.read_input_registers(16, 48, slave=UNIT).registers
                assert block[0] == block[47]
                if block[1] == n:
                    break
            assert block[0] == n and block[3] == (2 if n % 2 else 1)
        assert c.read_coils(0, 8, slave=UNIT).bits == [False] * 8
        assert not c.write_coils(0, [False] * 8, slave=UNIT).isError()
        assert len(c.read_input_registers(0, 100, slave=UNIT).registers) == 100
        for bad, code in ((c.read_holding_registers(26, 1, slave=UNIT), 2), (c.read_input_registers(0, 126, slave=UNIT), 3)):
            assert bad.isError() and bad.exception_code == code, bad
        c.close()


def bare_bytes(work):
    """What must be answered, and what must not: the next good request tells, for answers come in order."""
    ask = frame(UNIT, bytes([4, 0, 0, 0, 1]))
    told = frame(UNIT, bytes([4, 2, 0, 1]))
    wrong_crc = ask[:-1] + bytes([ask[-1] ^ 1])
    with Line(work) as line, Station(work, config(line)) as s:
        s.await_line(": UP")
        fd = os.open(line.theirs, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        os.write(fd, ask)
        assert answer(fd, 7) == told
        # Silent: each of these, however often, gets nothing, and the request behind it its one answer.
        for noise in (wrong_crc, frame(UNIT + 2, bytes([4, 0, 0, 0, 1])), frame(UNIT + 2, bytes([4, 2, 0, 1])), b"\x00", b"\xff" * 300,
                      ask[:5], bytes(range(256)), b"\x07\x10", frame(0, bytes([4, 0, 0, 0, 1])), ask[:1]):
            os.write(fd, noise)
            os.write(fd, ask)
            assert answer(fd, 7) == told, noise
            assert select.select([fd], [], [], 0)[0] == [], noise
        # The tests' station is two: the second has the next unit id, the one after it nobody.
        os.write(fd, frame(UNIT + 1, bytes([4, 0, 0, 0, 1])))
        assert answer(fd, 7) == frame(UNIT + 1, bytes([4, 2, 0, 1]))
        # In pieces, as adapters deliver it.
        for b in ask:
            os.write(fd, bytes([b]))
        assert answer(fd, 7) == told
        # Mask write, and read and write at once (pymodbus sends both to unit 0 on a serial line).
        os.write(fd, frame(UNIT, bytes([22, 0, 7, 0xff, 0, 0, 0x55])))
        assert answer(fd, 10) == frame(UNIT, bytes([22, 0, 7, 0xff, 0, 0, 0x55]))
        os.write(fd, frame(UNIT, bytes([23, 0, 7, 0, 1, 0, 8, 0, 1, 2, 0, 0])))
        assert answer(fd, 7) == frame(UNIT, bytes([23, 2, 0, 0x55]))
        # A function nobody has, and a length that does not fit its function, with a right CRC.
        os.write(fd, frame(UNIT, bytes([0x41, 1, 2, 3])))
        assert answer(fd, 5) == frame(UNIT, bytes([0xc1, 1]))
        os.write(fd, frame(UNIT, bytes([16, 0, 1, 0, 1, 4, 0, 1])))
        assert answer(fd, 5) == frame(UNIT, bytes([0x90, 3]))
        # To all: done without an answer.
        os.write(fd, frame(0, bytes([16, 0, 7, 0, 1, 2, 0, 77])))
        while True:
            os.write(fd, frame(UNIT, bytes([3, 0, 7, 0, 1])))
            if answer(fd, 7) == frame(UNIT, bytes([3, 2, 0, 77])):
                break
        os.close(fd)


def unplugged(work):
    with Line(work) as line, Station(work, config(line)) as s:
        ask, told = frame(UNIT, bytes([4, 0, 0, 0, 1])), frame(UNIT, bytes([4, 2, 0, 1]))
        s.await_line(": UP")
        for half in (b"", ask[:3], frame(UNIT, bytes([16, 0, 1, 0, 1, 2, 0, 9]))):
            line.plug()
            fd = os.open(line.theirs, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            s.await_link(0, "UP")
            os.write(fd, ask)
            assert answer(fd, 7) == told
            os.write(fd, half)
            os.close(fd)
            line.unplug()
            s.await_line(": DOWN")
            assert s.links()[0][0] != "UP"
        line.plug()
        s.await_line(": UP")
        assert s.links()[0][0] == "UP" and s.links()[0][2] == 3


def echoing(work):
    """Through an adapter that hears itself: nothing of what we send is taken for a request, also a write whose answer is its echo."""
    from pymodbus.client import ModbusSerialClient
    with EchoLine(work) as line, Station(work, config(line, "echo = true\n")) as s:
        s.await_line(": UP")
        c = ModbusSerialClient(method="rtu", port=line.theirs, baudrate=19200, parity="N", timeout=20)
        assert c.connect()
        for n in range(1, 31):
            assert not c.write_register(1, n, slave=UNIT).isError()
            while True:
                block = c.read_input_registers(16, 48, slave=UNIT).registers
                if block[1] == n:
                    break
            assert block[0] == block[47] == n
        assert s.count()[:3] == [30, 0, 30], s.count()
        assert line.echoed > 30 * 100
        c.close()


def not_there(work):
    """The device comes later; a second program may not have it; one that is no serial device is said to be none."""
    line = Line(work)
    with Station(work, config(line)) as s:
        s.await_line("No such file")
        assert s.links()[0][0] != "UP"
        with line:
            s.await_line(": UP")
    open(os.path.join(work, "file"), "w").close()
    with Station(work, config(line).replace(line.ours, os.path.join(work, "file"))) as s:
        s.await_line("is no serial device")
    with line, Station(work, config(line, "rs485 = true")) as s:
        s.await_line("has no RS-485 mode")
        assert s.links()[0][0] != "UP"


if __name__ == "__main__":
    assert crc(b"\x01\x04\x02\xff\xff") == 0x80b8  # the specification's own example
    sys.exit(main({f.__name__: f for f in (with_mbpoll, with_pymodbus, bare_bytes, unplugged, echoing, not_there)}))
