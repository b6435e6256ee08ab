#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# The running daemon as the master of a PLC (played by pymodbus), with its TCP server and a serial one beside it: parts
# triggered over the master's link, the same result on all three, and what a cut cable does to status, record and result.
import os
import shutil
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "plc"))

from harness import LIMIT, Station, read, until, write  # noqa: E402
from links import Line  # noqa: E402
from plc_server import Plc  # noqa: E402


class Notified:
    """systemd's end of sd_notify."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(LIMIT)
        os.environ["NOTIFY_SOCKET"] = self.path

    def await_status(self, *parts):
        while True:
            for line in self.socket.recv(4096).decode().splitlines():
                if line.startswith("STATUS=") and all(p in line for p in parts):
                    return line


def master(s, line):
    notified = Notified(s.dir)
    with Plc(control_at=1000, result_at=2000, words=100, order="CDAB") as plc:
        s.config(extra=f"""[[link]]
role = "client"
name = "press"
host = "127.0.0.1"
port = {plc.port}
control_at = 1000
result_at = 2000
result_words = 100
word_order = "CDAB"
response_ms = 20000
retry_ms = 10
retry_max_ms = 50
[[link]]
role = "rtu-server"
device = "{line.ours}"
parity = "none"
unit = 3
""")
        s.run("check", "okng.toml")
        s.teach()
        s.start()
        s.await_log("press, client .*: UP")
        notified.await_status("press, client", "UP; rtu-server")
        from pymodbus.client import ModbusSerialClient
        tcp = s.client()
        rtu = ModbusSerialClient(method="rtu", port=line.theirs, baudrate=19200, parity="N", timeout=LIMIT)
        assert rtu.connect()
        until(lambda: read(tcp, 6, 1), lambda w: w == [0], "no warning")
        for n in range(1, 41):
            plc.set(1, n)
            b = plc.await_echo(n)
            assert b[19] in (1, 2, 3) and b[16] == n, b[16:24]
            # The same block on every link; AGE is of the moment.
            other = read(tcp, 16, 48)
            serial = rtu.read_input_registers(16, 48, slave=3).registers
            for k in list(range(16)) + [16, 47]: # the words which no word order turns, but AGE
                if k not in (14, 15):
                    assert b[16 + k] == other[k] == serial[k], (n, k)
        # One writer over all links.
        for refused in (tcp.write_registers(1, [99], slave=1), rtu.write_registers(1, [99], slave=3)):
            assert refused.isError() and refused.exception_code == 6, refused
        # The cable is cut: a warning for who reads another link, the status, the log; then the place is free.
        plc.stop()
        notified.await_status("press, client", "DOWN")
        until(lambda: read(tcp, 6, 1), lambda w: w == [2], "WARNING 2")
        write(tcp, 1, [500])
        until(lambda: read(tcp, 16, 2), lambda w: w[1] == 500, "the result of the other writer")
        tcp.close()
        plc.expected[41] = (4,)
        plc.set(1, 41)
        plc.start()
        b = plc.await_echo(41)
        assert (b[19], b[20]) == (4, 28)
        notified.await_status("press, client", "UP; rtu-server")
        plc.set(1, 42)
        assert plc.await_echo(42)[19] in (1, 2, 3)
        # Stopping drains, and the last verdict still goes out.
        plc.set(1, 43)
        until(lambda: rtu.read_input_registers(80, 2, slave=3).registers, lambda w: w[1] >= 44, "the part")
        code, _ = s.stop()
        assert code == 0, s.log()
        plc.await_echo(43)
        rtu.close()
    rows = s.rows()
    assert [r["trig_seq"] for r in rows] == list(range(1, 41)) + [500, 41, 42, 43]
    assert [r["reason"] for r in rows if r["trig_seq"] == 41] == [28]


def main():
    okng, okngd, recipe = (os.path.abspath(a) for a in sys.argv[1:4])
    if not shutil.which("socat"):
        print("skipped: socat is not installed")
        return 77
    s = Station(okng, okngd, recipe)
    try:
        with Line(s.dir) as line:
            master(s, line)
    finally:
        if s.proc:
            print(s.log()[-4000:])
        s.close()
    return 0


sys.exit(main())
