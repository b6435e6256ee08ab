#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# Peers that others wrote: mbpoll from the command line, pymodbus as a program would use it. Skipped with a word where one
# is not installed.
import shutil
import struct
import subprocess
import sys

STATION = sys.argv[1]
ORDERS = ["ABCD", "CDAB", "BADC", "DCBA"]


class Station:
    def __init__(self, order=0):
        self.process = subprocess.Popen([STATION, str(order)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait(20) == 0


def mbpoll(port, *args):
    p = subprocess.run(["mbpoll", "-m", "tcp", "-p", str(port), "-0", "-1", "-q", "-o", "10", *args], capture_output=True, text=True, timeout=30)
    assert p.returncode == 0, p.stdout + p.stderr
    return {int(l[1:l.index("]")]): l.split(":", 1)[1].strip() for l in p.stdout.splitlines() if l.startswith("[")}


def with_mbpoll():
    with Station() as s:
        assert mbpoll(s.port, "-a", "1", "-t", "1", "-r", "0", "-c", "2", "127.0.0.1") == {0: "1", 1: "1"}
        # mbpoll's -B: high word first, which is ABCD.
        assert mbpoll(s.port, "-a", "1", "-t", "3:int", "-B", "-r", "64", "-c", "1", "127.0.0.1")[64] == str(0x12345678)
        assert mbpoll(s.port, "-a", "1", "-t", "3:float", "-B", "-r", "66", "-c", "1", "127.0.0.1")[66] == "123.45"
        for n in (2, 3, 65535):
            mbpoll(s.port, "-a", "1", "-t", "4", "-r", "1", "127.0.0.1", str(n))
            while True:
                got = mbpoll(s.port, "-a", "1", "-t", "3", "-r", "16", "-c", "4", "127.0.0.1")
                if got[17].split()[0] == str(n):
                    break
            assert got[19] == ("2" if n % 2 else "1"), got


def number(words, order, form):
    high, low = (words[0], words[1]) if order in (0, 2) else (words[1], words[0])
    raw = struct.pack("<HH" if order >= 2 else ">HH", high, low)
    return struct.unpack(">" + form, raw)[0]


def with_pymodbus(client_class):
    for order, name in enumerate(ORDERS):
        with Station(order) as s:
            c = client_class("127.0.0.1", port=s.port, timeout=10)
            assert c.connect()
            test = c.read_input_registers(64, 6, slave=1).registers
            assert number(test[0:2], order, "I") == 0x12345678, name
            assert abs(number(test[2:4], order, "f") - 123.45) < 1e-5, name
            for n in range(1, 201):
                assert not c.write_registers(1, [n], slave=1).isError()
                while True:
                    block = c.read_input_registers(16, 48, slave=1).registers
                    assert block[0] == block[47]
                    if block[1] == n:
                        break
                assert block[0] == n and block[3] == (2 if n % 2 else 1)
            # One request of every other kind.
            assert c.write_registers(2, [200], slave=1).isError() is False
            assert c.read_discrete_inputs(5, 1, slave=1).bits[0] is False
            assert c.read_coils(0, 8, slave=1).bits == [False] * 8
            assert not c.write_coil(6, True, slave=1).isError()
            assert not c.write_coils(0, [False] * 8, slave=1).isError()
            assert not c.mask_write_register(7, 0xff00, 0x0055, slave=1).isError()
            both = c.readwrite_registers(read_address=7, read_count=1, write_address=8, write_registers=[0], slave=1)
            assert both.registers == [0x55]
            for bad, code in ((c.read_holding_registers(26, 1, slave=1), 2), (c.read_input_registers(0, 1, slave=9), 11)):
                assert bad.isError() and bad.exception_code == code, bad
            bit_style(c)
            c.close()


def bit(c, n):
    return c.read_discrete_inputs(n, 1, slave=1).bits[0]


def bit_style(c):
    """Ten whole cycles, each edge answered."""
    READY, TRIG_ACK, EXPOSURE_DONE, VALID, OK, NG = 0, 2, 3, 5, 6, 7
    c.write_coil(0, True, slave=1)
    for _ in range(10):
        while not bit(c, READY):
            pass
        c.write_coil(1, True, slave=1)
        assert bit(c, TRIG_ACK)
        c.write_coil(1, False, slave=1)
        assert not bit(c, TRIG_ACK)
        for wanted in (EXPOSURE_DONE, VALID):
            while not bit(c, wanted):
                pass
        assert (bit(c, OK), bit(c, NG)) == (True, False)
        c.write_coil(2, True, slave=1)
        assert not bit(c, VALID) and not bit(c, READY)
        c.write_coil(2, False, slave=1)
    c.write_coil(0, False, slave=1)


def main():
    ran = 0
    if shutil.which("mbpoll"):
        with_mbpoll()
        ran += 1
    else:
        print("skipped: mbpoll is not installed")
    try:
        from pymodbus.client import ModbusTcpClient
    except ImportError:
        print("skipped: python3-pymodbus is not installed")
    else:
        with_pymodbus(ModbusTcpClient)
        ran += 1
    print(f"{ran} of 2 peers ran")
    return 0 if ran else 77


sys.exit(main())
