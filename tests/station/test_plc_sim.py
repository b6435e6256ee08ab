#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""okng plc sim and watch against the running daemon: test_plc_sim.py OKNG OKNGD RECIPE SCENARIO."""
import json
import os
import re
import signal
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cli"))
from modbus_peer import Liar
from harness import Station, coil, ready, until, write

OKNG, OKNGD, RECIPE = (os.path.abspath(a) for a in sys.argv[1:4])
GOOD, BAD, FAILED = 0, 1, 2


def sim(s, status, *args):
    r = subprocess.run([OKNG, "plc", "sim", *args, f"127.0.0.1:{s.port}"], capture_output=True, text=True, timeout=300)
    assert r.returncode == status, f"{args}: {r.returncode}\n{r.stdout}{r.stderr}"
    return r


def last(r):
    return json.loads(r.stdout.splitlines()[-1])


def accept(s, *args):
    """300 parts break no rule, and the record has as many rows of each verdict as the summary says."""
    s.config()
    s.teach()
    s.start()
    before = 0
    for _ in range(2):  # the second run finds what the first has left
        got = last(sim(s, GOOD, "--json", "--parts", "300", *args))
        assert (got["parts"], got["violations"], got["error"]) == (300, 0, None), got
        assert got["ok"] + got["ng"] + got["review"] + got["fault"] == 300 and got["ok"] > 100 and got["ng"] > 30, got
        assert got["requests"] > 600 and 0 < got["request_ms"]["median"] <= got["request_ms"]["p99"] <= got["request_ms"]["max"], got
        assert 0 < got["result_ms"]["median"] <= got["result_ms"]["p99"] <= got["result_ms"]["max"], got
        rows = until(s.rows, lambda rows: len(rows) >= before + 300, "the last rows")
        assert len(rows) == before + 300, len(rows)
        assert [sum(r["verdict"] == v for r in rows[before:]) for v in (1, 2)] == [got["ok"], got["ng"]], got
        before = len(rows)
    c = s.client()
    assert c.read_coils(0, 8, slave=1).bits[:8] == [False] * 8, "coils were left up"
    c.close()
    assert s.stop()[0] == 0


def seq(s):
    accept(s, "--style", "seq")


def bit(s):
    accept(s, "--style", "bit")


def orders(s):
    """Every word order; one style after the other; at a rate; other unit ids of the same station."""
    s.config()
    s.teach()
    config = open(s.path("okng.toml")).read()
    for order in ("CDAB", "BADC", "DCBA"):
        s.write("okng.toml", config.replace("port = 0\n", f'port = 0\nword_order = "{order}"\n'))
        s.start()
        assert last(sim(s, GOOD, "--json", "--parts", "30", "--style", "bit"))["violations"] == 0
        assert last(sim(s, GOOD, "--json", "--parts", "30", "--unit", "255"))["violations"] == 0
        assert last(sim(s, GOOD, "--json", "--parts", "5", "--rate", "50", "--style", "bit"))["violations"] == 0
        assert s.stop()[0] == 0


def deadline(s):
    """With a deadline too short every verdict is FAULT 20 in time, which breaks no rule."""
    s.config(width=2048, height=2048, workers=1, deadline_ms=60000)
    s.teach(10)
    s.start()
    c = s.client()
    write(c, 9, [1])
    c.close()
    got = last(sim(s, GOOD, "--json", "--parts", "10"))
    assert (got["fault"], got["violations"]) == (10, 0), got
    assert s.stop()[0] == 0
    assert [r["reason"] for r in s.rows()] == [20] * 10


def refusals(s):
    """What it must not or cannot play with is 2 with a word, and nothing was triggered; nothing but reading by watch."""
    s.config()
    s.teach()
    s.start()
    c = s.client()
    ready(c)
    coil(c, 0, False)  # this client is the writer now
    assert "another client is the writer" in sim(s, FAILED).stderr
    coil(c, 5, True)
    assert "offline" in sim(s, FAILED).stderr
    coil(c, 5, False)
    r = subprocess.run([OKNG, "plc", "watch", "--once", "--json", f"127.0.0.1:{s.port}"], capture_output=True, text=True)
    assert r.returncode == GOOD and '"SIMULATION"' in r.stdout, r
    coil(c, 0, True)  # still the writer
    coil(c, 0, False)
    assert "11" in sim(s, FAILED, "--unit", "9").stderr
    c.close()
    assert s.rows() == []
    assert s.stop()[0] == 0
    assert "refused" in sim(s, FAILED).stderr
    s.config(trigger="timer", period_ms=500)
    s.start()
    assert "triggers itself" in sim(s, FAILED).stderr
    assert s.stop()[0] == 0


def lost(s):
    """A station that dies during the play is 2; Ctrl-C is 2 and leaves the controls at rest."""
    s.config()
    s.teach()
    s.start()
    p = subprocess.Popen([OKNG, "plc", "sim", "--parts", "1000000", "--style", "bit", f"127.0.0.1:{s.port}"], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    s.await_log("is the writer")
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=60)
    assert p.returncode == FAILED and "stopped" in err, (out, err)
    c = s.client()
    assert c.read_coils(0, 8, slave=1).bits[:8] == [False] * 8
    c.close()
    p = subprocess.Popen([OKNG, "plc", "sim", "--parts", "1000000", f"127.0.0.1:{s.port}"], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    s.await_log("is the writer", 2)
    s.proc.kill()
    out, err = p.communicate(timeout=60)
    assert p.returncode == FAILED and ("closed" in err or "reset" in err), (out, err)


def limits(s):
    """watch shows the limits which the recipe opens, as many as there are, and a change of one."""
    s.config()
    s.teach()
    recipe = open(s.path("recipes/demo/recipe.toml")).read()
    s.write("recipes/demo/recipe.toml", recipe.replace("[limits]", "[limits]\nplc_writable = true", 1))
    there = re.findall(r"^\| (\d+)-\d+ \| 4", s.run("plc", "map", "--recipe", "recipes/demo").stdout.split("1000-1099")[1], re.M)
    s.start()
    p = subprocess.Popen([OKNG, "plc", "watch", "--json", "--every", "5", f"127.0.0.1:{s.port}"], stdout=subprocess.PIPE, text=True)
    shown = []
    while "LIMIT_100" not in shown or len(shown) < len(there):
        row = json.loads(p.stdout.readline())
        if row.get("name", "").startswith("LIMIT_"):
            shown.append(row["name"])
    assert shown == ["LIMIT_" + at for at in there] and there, (shown, there)
    c = s.client()
    write(c, 100, list(struct.unpack(">HH", struct.pack(">f", 30.5))))
    while row.get("name") != "LIMIT_100" or row["value"] != 30.5:
        row = json.loads(p.stdout.readline())
    c.close()
    p.send_signal(signal.SIGINT)
    p.stdout.close()
    assert p.wait(60) == GOOD
    sim(s, GOOD, "--parts", "10")
    assert s.stop()[0] == 0


def lies(s):
    """A liar between station and client: each lie is found by the name of the rule it breaks."""
    ready_, trig_ack, exposure, busy, ok, ng = (1 << n for n in (0, 2, 3, 4, 6, 7))
    memory = {}

    def about_inputs(change):
        def lie(request, response):
            if request == bytes([4, 0, 0, 0, 100]) and response[0] == 4:
                w = list(struct.unpack(">100H", response[2:]))
                change(w)
                response = response[:2] + struct.pack(">100H", *w)
            return response
        return lie

    def set_word(at, value, only_shown=True):
        def change(w):
            if w[16] or not only_shown:
                w[at] = value(w) & 0xffff
        return about_inputs(change)

    def status(change):
        def lie(w):
            bits = change(w, w[1] << 16 | w[2])
            w[1], w[2] = bits >> 16, bits & 0xffff
        return about_inputs(lie)

    def stale(w):
        if w[16]:
            memory["block"] = w[16:64]
        elif "block" in memory:
            w[16:64] = memory["block"]

    def nothing(w):
        w[16:64] = [0] * 48
        w[2] &= ~0xe0

    def again(request, response):
        if request[:3] == bytes([6, 0, 1]):
            memory["again"] = request == memory.get("trigger")
            memory["trigger"] = request
        return status(lambda w, b: b | busy if memory.get("again") else b)(request, response)

    def of_function(function, change):
        return lambda request, response: change(response) if request[0] == function and response[0] == function else response

    def flip(at):
        return lambda response: response[:at] + bytes(b ^ 0x20 for b in response[at:at + 1]) + response[at + 1:]

    def answers_all(request, response):
        return bytes([request[0], 2, 0, 0]) if request[1] == 0xf0 else response

    told = {
        "map-version": set_word(0, lambda w: 2, False), "test-registers": set_word(67, lambda w: 7, False),
        "head-tail": set_word(63, lambda w: w[63] + 1), "echo": set_word(17, lambda w: w[17] + 1),
        "dual-rail": status(lambda w, b: b | ng if b & ok else b), "bits": set_word(19, lambda w: 5 - w[19]),
        "codes": set_word(20, lambda w: 77), "words": set_word(5, lambda w: 24, False),
        "seq": about_inputs(lambda w: w.__setitem__(slice(16, 64, 47), [w[16] * 3 & 0xffff] * 2)),
        "block-zero": about_inputs(stale), "no-result": about_inputs(nothing), "recipe": set_word(21, lambda w: w[8] + 1),
        "age": set_word(33, lambda w: 1), "counters": set_word(81, lambda w: w[81] + 1, False),
        "heartbeat": about_inputs(lambda w: (w.__setitem__(3, 9), w.__setitem__(2, w[2] & 0x7fff))),
        "exposure": status(lambda w, b: b & ~exposure), "busy": status(lambda w, b: b | busy if w[16] else b),
        "ready": set_word(19, lambda w: (w.__setitem__(20, 25), 4)[1]), "repeat": again,
        "copy": of_function(3, flip(2 + 2 * 64)), "discretes": of_function(2, flip(3)),
        "controls": of_function(1, flip(2)), "exception": answers_all, "result-kept": set_word(24, lambda w: w[33]),
    }
    told_bit = {"trig-ack": status(lambda w, b: b & ~trig_ack), "trig-ack-off": status(lambda w, b: b | trig_ack),
                "ready": status(lambda w, b: b | ready_)}
    s.config()
    s.teach()
    s.start()
    for style, table in (("seq", told), ("bit", told_bit)):
        for rule, lie in table.items():
            memory.clear()
            liar = Liar(s.port, lie)
            r = subprocess.run([OKNG, "plc", "sim", "--json", "--style", style, "--timeout", "400", "--parts", "4",
                                f"127.0.0.1:{liar.port}"], capture_output=True, text=True, timeout=120)
            liar.close()
            found = {json.loads(line)["rule"] for line in r.stdout.splitlines() if '"rule"' in line}
            assert r.returncode == BAD and rule in found, f"{style} {rule}: {r.returncode} {r.stdout}{r.stderr}"
    liar = Liar(s.port, lambda request, response: response)
    s.port = liar.port
    assert last(sim(s, GOOD, "--json", "--parts", "20"))["violations"] == 0
    s.port = Liar(liar.station, status(lambda w, b: b & ~(1 << 21))).port  # SIMULATION 0
    assert "--yes" in sim(s, FAILED).stderr
    assert "discretes" in sim(s, BAD, "--yes", "--parts", "2").stdout  # it did trigger, and saw through this one, too
    assert s.stop()[0] == 0


def drill(s):
    """What a line seldom does breaks no rule of this station, and is in its record; counters change only with --commands."""
    s.config()
    s.teach()
    s.start()
    assert last(sim(s, GOOD, "--json", "--drill", "--parts", "3"))["violations"] == 0
    c = s.client()
    until(lambda: (len(s.rows()), c.read_input_registers(80, 2, slave=1).registers[1]), lambda n: n[0] == n[1] > 20, "as many rows as counted")
    rows = s.rows()
    assert {r["reason"] for r in rows if r["verdict"] == 4} == {25, 26, 28}, rows
    assert c.read_coils(0, 8, slave=1).bits[:8] == [False] * 8, "coils were left up"
    assert c.read_holding_registers(8, 1, slave=1).registers == [0], "PLC_TIMEOUT was left on"
    c.close()
    assert last(sim(s, GOOD, "--json", "--drill", "--commands", "--parts", "3"))["violations"] == 0
    c = s.client()
    until(lambda: c.read_input_registers(80, 2, slave=1).registers, lambda w: w == [0, 0], "counters of 0")
    assert c.read_input_registers(8, 1, slave=1).registers == [1]
    c.close()
    assert "reload: done" in s.log() and "65535" in s.log()
    assert "without --style bit" in sim(s, FAILED, "--drill", "--style", "bit").stderr
    assert "goes with --drill" in sim(s, FAILED, "--commands").stderr
    assert s.stop()[0] == 0


def drill_lies(s):
    """A lie about each rule that only a drill tries is found by its name."""
    seen = {}
    busy, error, overrun = (1 << n for n in (4, 8, 10))

    def lie_about(change):
        def lie(request, response):
            if request[:3] == bytes([6, 0, 1]):
                seen["trigger"] = int.from_bytes(request[3:5], "big")
                seen["triggers"] = seen.get("triggers", 0) + 1
            if request[:3] == bytes([5, 0, 6]):
                seen["buffer"] = request[3] == 0xff
            if request == bytes([4, 0, 0, 0, 100]) and response[0] == 4:
                w = list(struct.unpack(">100H", response[2:]))
                change(w)
                response = response[:2] + struct.pack(">100H", *w)
            return response
        return lie

    def word(at, value):
        return lie_about(lambda w: w.__setitem__(at, value(w) & 0xffff))

    def status(change):
        def of(w):
            bits = change(w, w[1] << 16 | w[2])
            w[1], w[2] = bits >> 16, bits & 0xffff
        return lie_about(of)

    def no_error(w):
        w[5], w[2] = 0, w[2] & ~error

    def hide_last(w):
        if seen.get("triggers") == seen["all"]:
            w[16:64] = [0] * 48
            w[2] &= ~0xe0

    def busy_once(_, bits):
        if seen.get("trigger") != 0 or seen.get("told"):
            return bits
        seen["told"] = True
        return bits | busy

    def write_passes(request, response):
        return request if request[:3] == bytes([6, 0, 2]) and response[0] == 0x86 else response

    told = {
        "order": word(17, lambda w: w[17] ^ 1 if seen.get("buffer") else w[17]), "buffer": word(13, lambda w: w[13] + 1),
        "overrun": status(lambda w, b: b & ~overrun), "not-ready": word(20, lambda w: 26 if w[20] == 25 else w[20]),
        "offline": word(20, lambda w: 25 if w[20] == 26 else w[20]), "plc-lost": word(20, lambda w: 25 if w[20] == 28 else w[20]),
        "mixed-styles": lie_about(no_error), "re-arm": status(busy_once),
        "writer": write_passes, "command": word(12, lambda w: 0), "reconnect": lie_about(hide_last),
        "clear": word(81, lambda w: w[81] + 5), "select": word(8, lambda w: w[8] + 1),
    }
    rules = [line.split()[0] for line in s.run("plc", "sim", "--rules").stdout.splitlines()]
    assert set(rules[rules.index("exception") + 1:]) == set(told), rules
    s.config()
    s.teach()
    s.start()
    liar = Liar(s.port, lie_about(lambda w: None))
    args = ["--json", "--drill", "--timeout", "400", "--parts", "2"]
    r = subprocess.run([OKNG, "plc", "sim", *args, f"127.0.0.1:{liar.port}"], capture_output=True, text=True, timeout=120)
    assert r.returncode == GOOD, r
    liar.close()
    honest = seen["triggers"]
    for rule, lie in told.items():
        seen.clear()
        seen["all"] = honest
        liar = Liar(s.port, lie)
        more = ["--commands"] if rule in ("clear", "select") else []
        r = subprocess.run([OKNG, "plc", "sim", *args, *more, f"127.0.0.1:{liar.port}"], capture_output=True, text=True, timeout=120)
        liar.close()
        found = {json.loads(line)["rule"] for line in r.stdout.splitlines() if '"rule"' in line}
        assert r.returncode == BAD and rule in found, f"{rule}: {r.returncode} {r.stdout}{r.stderr}"
    assert s.stop()[0] == 0


SCENARIOS = {"seq": seq, "bit": bit, "orders": orders, "deadline": deadline, "refusals": refusals, "lost": lost, "lies": lies, "limits": limits, "drill": drill,
             "drill_lies": drill_lies}

if __name__ == "__main__":
    station = Station(OKNG, OKNGD, RECIPE)
    try:
        SCENARIOS[sys.argv[4]](station)
    finally:
        station.close()
