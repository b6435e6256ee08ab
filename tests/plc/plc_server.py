# SPDX-License-Identifier: Apache-2.0
"""A PLC that is a Modbus server (pymodbus), over TCP or a serial line, and checks what okng writes into it.

The checks are those of a careful PLC programmer: a block counts only while SEQ_HEAD = SEQ_TAIL != 0; it is then whole, fits
the trigger, and agrees with the status bits. They run on every single write, so that nothing in between is missed.
"""
import asyncio
import struct
import threading
import traceback

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server.async_io import ModbusSerialServer, ModbusTcpServer
from pymodbus.framer.rtu_framer import ModbusRtuFramer

LIMIT = 60
ORDERS = ["ABCD", "CDAB", "BADC", "DCBA"]
CONTROL, TRIG_SEQ, ACK_SEQ, CMD_CODE, CMD_ID, CMD_ARGS, BEAT, TIMEOUT, DEADLINE, PART_ID = 0, 1, 2, 3, 4, 5, 7, 8, 9, 10
TRIG_ENABLE, TRIG, RESULT_ACK, BUFFER = 1, 2, 4, 64
VALID, OK, NG, REVIEW = 1 << 5, 1 << 6, 1 << 7, 1 << 16


def text(words, order):
    raw = struct.pack(("<" if order >= 2 else ">") + f"{len(words)}H", *words)
    return raw.rstrip(b"\0").decode()


def number(words, order, form="I"):
    high, low = (words[0], words[1]) if order in (0, 2) else (words[1], words[0])
    return struct.unpack(">" + form, struct.pack("<HH" if order >= 2 else ">HH", high, low))[0]


class Registers(ModbusSequentialDataBlock):
    """Holding registers; every write is shown to the PLC before the next request."""

    def __init__(self, plc):
        super().__init__(0, [0] * 65536)
        self.plc = plc

    def setValues(self, address, values):
        with self.plc.news:
            if self.plc.dead:
                raise RuntimeError("dead")
            super().setValues(address, values)
            try:
                self.plc.written(address, values if isinstance(values, list) else [values])
            except AssertionError:
                self.plc.failures.append(traceback.format_exc())
            self.plc.news.notify_all()


class Plc:
    def __init__(self, control_at=0, result_at=100, words=64, order="ABCD", unit=1, inputs=False, device=None):
        self.control_at, self.result_at, self.words, self.order, self.unit = control_at, result_at, words, ORDERS.index(order), unit
        self.device, self.port = device, 0
        self.news = threading.Condition()
        self.dead = False
        self.holding = Registers(self)
        self.inputs = ModbusSequentialDataBlock(0, [0] * 65536)
        self.wishes = self.inputs if inputs else self.holding
        self.writes = []      # (address, count), all of them
        self.history = []     # (head, echo, verdict, reason) of every whole block, once each time it appears
        self.expected = {}    # trigger: verdict, or None for whatever it may be
        self.whole = None
        self.failures = []    # of the checks; said by whoever waits next
        self.context = ModbusServerContext(slaves={unit: ModbusSlaveContext(hr=self.holding, ir=self.inputs, zero_mode=True)}, single=False)
        self.server = None

    # The server, in a thread of its own.
    def start(self):
        ready = threading.Event()

        async def serve():
            self.loop = asyncio.get_running_loop()
            if self.device:
                self.server = ModbusSerialServer(self.context, framer=ModbusRtuFramer, port=self.device, baudrate=19200, parity="N",
                                                 ignore_missing_slaves=True)
                await self.server.start()
            else:
                self.server = ModbusTcpServer(self.context, address=("127.0.0.1", self.port), allow_reuse_address=True)
            self.task = asyncio.ensure_future(self.server.serve_forever())
            if not self.device:
                await self.server.serving
                self.port = self.server.server.sockets[0].getsockname()[1]
            ready.set()
            try:
                await self.task
            except asyncio.CancelledError:
                pass

        self.thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        self.thread.start()
        assert ready.wait(LIMIT)
        return self

    def stop(self):
        """The cable is cut: every connection breaks and the port is closed."""
        if not self.thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self.shutdown(), self.loop).result(LIMIT)
        self.thread.join(LIMIT)
        assert not self.thread.is_alive()

    async def shutdown(self):
        if self.device:
            if self.server.transport: # or it has noticed already
                self.server.transport.abort()
        else:
            for connection in list(self.server.active_connections.values()):
                connection.transport.abort()
            self.server.server.close()
        self.task.cancel()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        assert not self.failures, self.failures[0]

    # What okng wrote.
    def block(self):
        return self.holding.values[self.result_at:self.result_at + self.words]

    def status(self):
        return number(self.block()[1:3], self.order)

    def written(self, address, values):
        self.writes.append((address, len(values)))
        assert self.result_at <= address and address + len(values) <= self.result_at + self.words, (address, len(values))
        b = self.block()
        head, tail, bits = b[16], b[63], self.status()
        assert bits & (OK | NG) != OK | NG, hex(bits)
        whole = (head, b[17], b[19], b[20]) if head == tail != 0 else None
        if whole and whole != self.whole:
            self.history.append(whole)
            expected = self.expected.get(b[17])
            assert expected is None or b[19] in expected, (whole, expected)
            assert b[19] in (1, 2, 3, 4)
            if b[19] == 1 and self.controls:
                assert b[17] == 0 or b[17] == self.get(TRIG_SEQ) or self.get(CONTROL) & BUFFER, f"OK for {b[17]} is stale"
        if bits & (OK | NG):
            # The bits never come before the block, nor stay behind it.
            assert whole and bits & VALID, (whole, hex(bits))
            assert bool(bits & OK) == (b[19] == 1), (whole, hex(bits))
        if not head and head == tail:
            assert not any(b[17:63]) or self.torn, b[16:64]
        self.whole = whole

    controls = True  # what it sees answers its own triggers
    torn = False  # the link writes in pieces: HEAD = TAIL = 0 with leftovers behind is no result

    # What the PLC wishes.
    def set(self, register, *words):
        with self.news:
            at = self.control_at + register
            self.wishes.values[at:at + len(words)] = words

    def get(self, register):
        return self.wishes.values[self.control_at + register]

    def bit(self, mask, on):
        with self.news:
            at = self.control_at
            self.wishes.values[at] = self.wishes.values[at] | mask if on else self.wishes.values[at] & ~mask

    def await_that(self, what, why):
        with self.news:
            came = self.news.wait_for(lambda: self.failures or what(), LIMIT)
            assert not self.failures, self.failures[0]
            assert came, (why, self.whole, self.history[-3:])

    def await_echo(self, n):
        self.await_that(lambda: self.whole and self.whole[1] == n, f"no answer to {n}")
        return self.block()
