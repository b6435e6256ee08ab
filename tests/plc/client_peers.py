#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# okng as the master, against a PLC that pymodbus plays. The PLC checks every write (plc_server.py); here is what it asks
# for and when the link breaks. Every wait is for a write, or for a line of okng's log.
import sys

from links import Line, Station, main

TEST = 64


def config(plc, extra=""):
    where = f'role = "rtu-client"\ndevice = "{plc.line.ours}"' if plc.device else f'role = "client"\nhost = "127.0.0.1"\nport = {plc.port}'
    return f"""[plc]
enabled = false
[[link]]
{where}
unit = {plc.unit}
control_at = {plc.control_at}
result_at = {plc.result_at}
result_words = {plc.words}
word_order = "{['ABCD', 'CDAB', 'BADC', 'DCBA'][plc.order]}"
poll_ms = 1
response_ms = 20000
retry_ms = 10
retry_max_ms = 50
{extra}"""


def run_parts(plc, first, last):
    for n in range(first, last + 1):
        plc.expected[n] = (1 if n % 2 == 0 else 2,)
        name = f"part {n}"
        raw = name.encode().ljust(32, b"\0")
        swap = "little" if plc.order >= 2 else "big"
        with plc.news:
            plc.set(10, *[int.from_bytes(raw[i:i + 2], swap) for i in range(0, 32, 2)])
            plc.set(1, n)
        b = plc.await_echo(n)
        from plc_server import text
        assert text(b[36:52], plc.order) == name


def parts(work):
    """500 parts, each answered once, in order, after a zero block."""
    from plc_server import Plc, number
    with Plc() as plc, Station(work, config(plc)) as s:
        s.await_line(": UP")
        run_parts(plc, 1, 500)
        assert [h[1] for h in plc.history] == list(range(1, 501))
        assert [h[0] for h in plc.history] == list(range(1, 501))
        assert s.count() == [500, 0, 500, 0]
        # Nothing but what changed: the first writing only is of everything.
        assert plc.writes.count((plc.result_at, 64)) == 1, plc.writes[:10]
        assert s.links()[0] == ("UP", 0, 0)


def shapes(work):
    """Addresses, orders, unit ids, pieces, function codes, counters."""
    from plc_server import Plc, number, text
    for shape, extra in (
            ({"control_at": 1000, "result_at": 40000, "order": "CDAB", "unit": 17}, ""),
            ({"words": 100, "order": "BADC", "result_at": 65436}, ""),
            ({"order": "DCBA", "words": 100}, "write_max = 40"),
            ({"order": "ABCD"}, "write_max = 16"),
            ({"order": "CDAB"}, "write_function = 6"),
            ({"inputs": True, "result_at": 0}, "read_function = 4")):
        plc = Plc(**shape)
        plc.torn = "write_" in extra
        with plc, Station(work, config(plc, extra)) as s:
            s.await_line(": UP")
            run_parts(plc, 1, 40)
            assert [h[1] for h in plc.history] == list(range(1, 41)), (shape, extra)
            if plc.words == 100:
                b = plc.block()
                assert number(b[64:66], plc.order) == 0x12345678 and abs(number(b[66:68], plc.order, "f") - 123.45) < 1e-5
                assert text(b[68:70], plc.order) == "ABCD"


if __name__ == "__main__":
    sys.exit(main({f.__name__: f for f in (parts, shapes)}))
