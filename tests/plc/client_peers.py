#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# okng as the master, against a PLC that pymodbus plays. The PLC checks every write (plc_server.py); here is what it asks
# for and when the link breaks. Every wait is for a write, or for a line of okng's log.
import os
import sys

from links import EchoLine, Line, Station, main

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


def serial(work):
    """The same over a serial line: parts, then the line is unplugged and put back."""
    from plc_server import Plc
    with Line(work) as line:
        plc = Plc(device=line.theirs, unit=9)
        plc.line = line
        with plc, Station(work, config(plc, "response_ms = 2000").replace("response_ms = 20000\n", "")) as s:
            s.await_line(": UP")
            run_parts(plc, 1, 100)
            assert [h[1] for h in plc.history] == list(range(1, 101))
            line.unplug()
            s.await_line(": DOWN")
            assert s.links()[0][0] != "UP" and s.links()[0][2] == 1


def echoing(work):
    """Through an adapter that hears itself, also with function 6, whose answer looks like its request."""
    from plc_server import Plc
    for number in (16, 6):
        folder = os.path.join(work, str(number))
        os.mkdir(folder)
        with EchoLine(folder) as line:
            plc = Plc(device=line.theirs, unit=9)
            plc.line = line
            plc.torn = number == 6
            with plc, Station(folder, config(plc, f"echo = true\nwrite_function = {number}\n")) as s:
                s.await_line(": UP")
                run_parts(plc, 1, 20)
                assert [h[1] for h in plc.history] == list(range(1, 21))
                assert s.links()[0] == ("UP", 0, 0), "an echo was taken for an answer"


def cut(work):
    """The cable is out in every state, and put back: nothing old is delivered, nothing is silent, nothing counts twice."""
    from plc_server import Plc
    with Plc() as plc, Station(work, config(plc)) as s:
        def out():
            plc.stop()
            s.await_line(": DOWN")

        def back():
            plc.start()
            s.await_line(": UP")

        def seen(n):
            while s.count()[0] != n:
                pass

        s.await_line(": UP")
        run_parts(plc, 1, 2)
        # 2 is delivered and shown; after the loss it is not shown again, and its number, still there, is no trigger.
        out()
        back()
        plc.await_that(lambda: plc.block()[16] == 0, "an old block stays")
        assert s.count()[:2] == [2, 0] and plc.history[-1][1] == 2
        run_parts(plc, 3, 3)
        # 4 is under way when the link breaks, and judged while it is down.
        plc.expected[4] = (4,)
        s.tell("hold")
        plc.set(1, 4)
        seen(4)
        out()
        s.tell("release")
        while s.count()[2] != 4:
            pass
        back()
        b = plc.await_echo(4)
        assert (b[19], b[20]) == (4, 28), b[16:24]
        # 6 is under way, and judged only when the link is back.
        plc.expected[6] = (4,)
        s.tell("hold")
        plc.set(1, 6)
        seen(5)
        out()
        back()
        plc.await_that(lambda: plc.block()[16] == 0, "a block before its time")
        s.tell("release")
        b = plc.await_echo(6)
        assert (b[19], b[20]) == (4, 28)
        # 8 came while the link was down: nobody knows when. It is answered, and not with a picture of another part.
        plc.expected[8] = (4,)
        out()
        plc.set(1, 8)
        back()
        b = plc.await_echo(8)
        assert (b[19], b[20]) == (4, 28) and s.count()[:2] == [5, 1]
        # A command of that kind is not run.
        out()
        plc.set(3, 3, 77)
        back()
        plc.await_that(lambda: plc.block()[10:13] == [3, 77, 116], "the command is not answered")
        assert s.count()[3] == 0
        plc.set(3, 3, 78)
        plc.await_that(lambda: plc.block()[10:13] == [3, 78, 0], "the command is not run")
        # Results that nobody asked for: what came while the link was down is dropped, the next one is there.
        out()
        s.tell("hardware")
        s.count()
        back()
        heads = [h[0] for h in plc.history]
        s.tell("hardware")
        plc.await_that(lambda: plc.whole and plc.whole[1] == 0, "no hardware result")
        assert plc.whole[0] == heads[-1] + 2 and len(plc.history) == len(heads) + 1
        # And after all of it parts go on.
        run_parts(plc, 9, 20)
        assert s.links()[0][2] == 6


def bits(work):
    """The bit style through a master: every edge is answered; cut with TRIG up, TRIG is refused and says so."""
    from plc_server import NG, OK, RESULT_ACK, TRIG, TRIG_ENABLE, VALID, Plc
    READY, TRIG_ACK, EXPOSED, MISSED = 1, 4, 8, 1 << 11
    with Plc() as plc, Station(work, config(plc)) as s:
        s.await_line(": UP")
        plc.bit(TRIG_ENABLE, True)
        for _ in range(20):
            plc.await_that(lambda: plc.status() & READY, "not ready")
            plc.bit(TRIG, True)
            plc.await_that(lambda: plc.status() & TRIG_ACK, "no TRIG_ACK")
            plc.bit(TRIG, False)
            plc.await_that(lambda: not plc.status() & TRIG_ACK, "TRIG_ACK stays")
            plc.await_that(lambda: plc.status() & VALID, "no result")
            assert plc.status() & EXPOSED and plc.status() & OK and plc.block()[19] == 1
            plc.bit(RESULT_ACK, True)
            plc.await_that(lambda: not plc.status() & VALID, "RESULT_VALID stays")
            plc.bit(RESULT_ACK, False)
        assert s.count()[:2] == [20, 0]
        plc.stop()
        s.await_line(": DOWN")
        plc.bit(TRIG, True)
        plc.start()
        s.await_line(": UP")
        plc.await_that(lambda: plc.status() & MISSED and plc.status() & NG, "a stale TRIG is not refused")
        assert plc.block()[20] == 28 and not plc.status() & TRIG_ACK and s.count()[:2] == [20, 1]


def told(work):
    """control = false: a PLC that is only told, beside one that controls. One writer: a second that wants to control is ignored."""
    from plc_server import Plc
    with Plc() as plc, Plc() as other, Plc() as third:
        text = config(plc) + config(other, "control = false").split("enabled = false")[1] + config(third).split("enabled = false")[1]
        with Station(work, text) as s:
            for i in range(3):
                s.await_link(i, "UP")
            writer = s.await_line("is the writer")
            if str(third.port) in writer: # whichever was first
                plc, third = third, plc
            other.controls = third.controls = False
            third.set(1, 999)
            other.set(1, 998)
            run_parts(plc, 1, 30)
            assert [h[1] for h in plc.history] == list(range(1, 31)) and s.count()[:2] == [30, 0]
            other.await_echo(30)
            third.await_echo(30)
            # The one that is told misses a result while it is away: it is not told later. The next it is told.
            other.stop()
            s.await_line(": DOWN")
            run_parts(plc, 31, 31)
            other.start()
            s.await_link(1, "UP")
            other.await_that(lambda: other.block()[16] == 0, "an old result stays")
            run_parts(plc, 32, 32)
            other.await_echo(32)
            assert 31 not in [h[1] for h in other.history]
            # The writer goes: the third takes its place, and what it wanted meanwhile is stale.
            plc.stop()
            third.expected[999] = (4,)
            third.controls = True
            assert third.await_echo(999)[20] == 28
            run_parts(third, 1000, 1003)


def orders(work):
    """Servers of four word orders beside each other: each reads and writes the same values in its own."""
    from pymodbus.client import ModbusTcpClient
    from plc_server import ORDERS, number, text
    config_of = "".join(f'[[link]]\nrole = "server"\nport = 0\nword_order = "{o}"\n' for o in ORDERS)
    with Station(work, "[plc]\nenabled = false\n" + config_of) as s:
        clients = [ModbusTcpClient("127.0.0.1", port=port, timeout=20) for _, port, _ in s.links()]
        assert len(clients) == 4
        for k, c in enumerate(clients):
            assert c.connect()
            test = c.read_input_registers(64, 6, slave=1).registers
            assert number(test[0:2], k) == 0x12345678 and abs(number(test[2:4], k, "f") - 123.45) < 1e-5 and text(test[4:6], k) == "ABCD"
        for k, c in enumerate(clients):
            # The high word of CMD_ARGS alone, then the low one: the other half stays.
            high, low = (5, 6) if k in (0, 2) else (6, 5)
            swap = (lambda v: v) if k < 2 else (lambda v: v >> 8 | (v & 0xff) << 8)
            assert not c.write_register(high, swap(0xa0b0 + k), slave=1).isError()
            assert not c.write_register(low, swap(0x1234), slave=1).isError()
            raw = f"part {k}".encode().ljust(32, b"\0")
            words = [int.from_bytes(raw[i:i + 2], "big" if k < 2 else "little") for i in range(0, 32, 2)]
            assert not c.write_registers(10, words, slave=1).isError()
            assert not c.write_registers(1, [2 * k + 2], slave=1).isError()
            while c.read_input_registers(17, 1, slave=1).registers != [2 * k + 2]:
                pass
            for j, reader in enumerate(clients):
                if j >= k: # those before have left
                    assert number(reader.read_holding_registers(5, 2, slave=1).registers, j) == (0xa0b0 + k) << 16 | 0x1234
                    assert text(reader.read_input_registers(36, 16, slave=1).registers, j) == f"part {k}"
            busy = clients[(k + 1) % 4].write_register(1, 77, slave=1) if k < 3 else None
            assert busy is None or busy.exception_code == 6
            c.close()
            s.await_line("the writer") # is
            s.await_line("the writer") # is gone


if __name__ == "__main__":
    sys.exit(main({f.__name__: f for f in (parts, shapes, serial, echoing, cut, bits, told, orders)}))
