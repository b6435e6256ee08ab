#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# okng plc map as a PLC project takes it in. No compiler for structured text is at hand everywhere, so the part of
# IEC 61131-3 that a list of global variables uses is parsed here; what that parser must refuse is tested, too.
# usage: test_map.py OKNG [unittest arguments]
import csv
import io
import re
import subprocess
import sys
import unittest

OKNG = sys.argv[1]
BASE = {"coil": 1, "discrete": 10001, "input": 30001, "holding": 40001}
ARRAYS = {"OKNG_COILS": ("coil", "BOOL"), "OKNG_DISCRETES": ("discrete", "BOOL"), "OKNG_INPUT": ("input", "WORD"),
          "OKNG_HOLDING": ("holding", "WORD")}
NAME_MAX = 32  # what the narrowest of the usual PLC editors takes
RESERVED = set("""AND ARRAY AT BOOL BY BYTE CASE CONSTANT DINT DO DWORD ELSE ELSIF END_FOR END_IF END_VAR EXIT FALSE FOR FUNCTION IF
INT LREAL MOD NOT OF OR REAL REPEAT RETAIN RETURN STRING STRUCT THEN TIME TO TRUE TYPE UDINT UINT UNTIL USINT VAR VAR_GLOBAL WHILE
WORD XOR""".split())
TOKEN = re.compile(r"\s+|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<number>[0-9]+)|(?P<sign>:=|\.\.|[:;\[\]])")


class BadText(Exception):
    pass


def without_comments(text):
    out, at = [], 0
    while (start := text.find("(*", at)) >= 0:
        end = text.find("*)", start + 2)
        if end < 0:
            raise BadText("a comment is not closed")
        if "(*" in text[start + 2:end]:
            raise BadText("a comment in a comment, which not every compiler takes")
        out.append(text[at:start] + " ")
        at = end + 2
    return "".join(out) + text[at:]


def tokens(text):
    at, out = 0, []
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            raise BadText(f"not a token: {text[at:at + 20]!r}")
        if m.lastgroup:
            out.append((m.lastgroup, m.group().upper()))
        at = m.end()
    return out + [("end", "")]


class Parser:
    """{name: (type, value)} of the constants, {name: (type, last index)} of the arrays; names in capitals, as they are the same."""

    def __init__(self, text):
        if not text.isascii():
            raise BadText("more than ASCII")
        self.tokens, self.constants, self.arrays = tokens(without_comments(text)), {}, {}
        while self.tokens[0][0] != "end":
            self.group()

    def take(self, kind, value=None):
        found = self.tokens.pop(0)
        if found[0] != kind or (value is not None and found[1] != value):
            raise BadText(f"{value or kind} expected, {found[1]!r} found")
        return found[1]

    def next_is(self, value):
        return self.tokens[0][1] == value

    def name(self):
        name = self.take("name")
        if name in RESERVED or name in self.constants or name in self.arrays:
            raise BadText(f"{name} is reserved or there twice")
        if len(name) > NAME_MAX or "__" in name or name.endswith("_"):
            raise BadText(f"{name} is no name that every compiler takes")
        return name

    def group(self):
        self.take("name", "VAR_GLOBAL")
        constant = self.next_is("CONSTANT")
        if constant:
            self.take("name")
        while not self.next_is("END_VAR"):
            name = self.name()
            self.take("sign", ":")
            self.constant(name) if constant else self.array(name)
            self.take("sign", ";")
        self.take("name", "END_VAR")

    def constant(self, name):
        self.take("name", "UINT")
        self.take("sign", ":=")
        value = int(self.take("number"))
        if value > 65535:
            raise BadText(f"{name} does not fit its type")
        self.constants[name] = value

    def array(self, name):
        self.take("name", "ARRAY")
        self.take("sign", "[")
        self.take("number", "0")
        self.take("sign", "..")
        last = int(self.take("number"))
        self.take("sign", "]")
        self.take("name", "OF")
        kind = self.take("name")
        if kind not in ("BOOL", "WORD", "REAL"):
            raise BadText(f"{kind} is no type")
        self.arrays[name] = kind, last


def printed(form):
    return subprocess.run([OKNG, "plc", "map", "--format", form], stdout=subprocess.PIPE, check=True, text=True, timeout=60).stdout


def rows():
    return list(csv.DictReader(io.StringIO(printed("csv")), strict=True))


class Map(unittest.TestCase):
    def test_structured_text_is_the_csv(self):
        st, want = Parser(printed("st")), {}
        for r in rows():
            if r["kind"] in BASE and not r["name"].endswith("_COPY"):
                want[f"OKNG_{r['kind'].upper()}_{r['name']}"] = int(r["number"])
            elif r["kind"] not in BASE:
                want[f"OKNG_{r['kind'].upper()}_CODE_{r['name']}"] = int(r["number"])
        self.assertGreater(len(want), 120)
        extra = {"OKNG_HOLDING_LIMITS": 100, "OKNG_HOLDING_COPY": 1000, "OKNG_BLOCK": 16, "OKNG_BLOCK_COUNT": 48}
        for array, (table, kind) in ARRAYS.items():
            self.assertEqual(st.arrays[array][0], kind)
            extra[f"OKNG_{table.upper()}_COUNT"] = st.arrays[array][1] + 1
        self.assertEqual(st.constants, want | extra)
        self.assertEqual(set(st.arrays), set(ARRAYS))

    def test_arrays_hold_every_address(self):
        st = Parser(printed("st"))
        for r in rows():
            for array, (table, _) in ARRAYS.items():
                if r["kind"] == table and not r["name"].endswith("_COPY"):
                    self.assertLess(int(r["number"]) + int(r["words"]) - 1, st.arrays[array][1] + 1, r)

    def test_csv_rows(self):
        seen, words = set(), {"bit": 1, "u16": 1, "u32": 2, "float32": 2}
        copies = 0
        for r in rows():
            self.assertNotIn(None, r, "more fields than the head has")
            self.assertNotIn(None, r.values(), "fewer fields than the head has")
            self.assertNotIn((r["kind"], r["name"]), seen)
            seen.add((r["kind"], r["name"]))
            if r["kind"] not in BASE:
                continue
            copies += r["name"].endswith("_COPY")
            self.assertEqual(int(r["modicon"]), BASE[r["kind"]] + int(r["number"]), r)
            if r["type"] != "ASCII":
                self.assertEqual(int(r["words"]), words[r["type"]], r)
            writes = r["kind"] in ("coil", "holding") and not r["name"].endswith("_COPY")
            self.assertEqual(r["access"], "read/write" if writes else "read", r)
            for i in range(int(r["words"])):
                place = r["kind"], int(r["number"]) + i
                self.assertNotIn(place, seen, "two names for one address")
                seen.add(place)
        self.assertEqual(copies, sum(r["kind"] == "input" for r in rows()))

    def test_parser_refuses(self):
        good = printed("st")
        for what, old, new in (
                ("no semicolon", "OKNG_BLOCK_COUNT : UINT := 48;", "OKNG_BLOCK_COUNT : UINT := 48"),
                ("an assignment that is none", "OKNG_BLOCK_COUNT : UINT :=", "OKNG_BLOCK_COUNT : UINT ="),
                ("a comment that stays open", "read in one request *)", "read in one request"),
                ("a number too large", "OKNG_BLOCK_COUNT : UINT := 48", "OKNG_BLOCK_COUNT : UINT := 65536"),
                ("a name twice", "OKNG_BLOCK_COUNT :", "okng_block :"),
                ("a reserved name", "OKNG_BLOCK_COUNT :", "UINT :"),
                ("a name too long", "OKNG_BLOCK_COUNT :", "OKNG_" + 28 * "B" + " :"),
                ("an array without an end", "okng_coils : ARRAY[0..15]", "okng_coils : ARRAY[0..]"),
                ("a group without an end", "END_VAR\n\nVAR_GLOBAL\n", "VAR_GLOBAL\n"),
                ("more than ASCII", "okng PLC interface", "okng PLC interface \u2026")):
            with self.subTest(what):
                self.assertIn(old, good)
                with self.assertRaises(BadText):
                    Parser(good.replace(old, new, 1))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
