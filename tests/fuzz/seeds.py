#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets: what our own tests and our own configuration already know.

  tests/fuzz/seeds.py --build-dir build/dev    writes tests/fuzz/corpus/TARGET/seed-*

PDUs come from the program interop_pdus, which has to be built; texts from the tables of tests/unit;
octets from the `raw>` lines of tests/scenario. Only files named seed-* are replaced: an input that
once broke a promise lies beside them under a name that says what it was, and stays.
"""
import argparse
import hashlib
import itertools
import json
import pathlib
import re
import struct
import subprocess

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
CORPUS = TOP / "tests/fuzz/corpus"
SEEDS_MAX = 60        # of one target; a corpus is read whole by every run of the tests
SEED_SIZE_MAX = 600   # larger ones slow the fuzzer down more than they teach it

LITERAL = r'"(?:[^"\\]|\\.)*"'
ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "0": b"\0", "\\": b"\\", '"': b'"', "f": b"\f"}


def unescaped(literal):
    """The octets of a C++ string literal, or of several that stand side by side."""
    def octets(match):
        octet, code_point, simple, plain = match.groups()
        if octet:
            return bytes([int(octet, 16)])
        return chr(int(code_point, 16)).encode() if code_point else \
            ESCAPES[simple] if simple else plain.encode()
    escape = r"\\x([0-9A-Fa-f]{1,2})|\\(?:u|U000)([0-9A-Fa-f]{4,5})|\\(.)|([^\\]+)"
    parts = re.findall(LITERAL, literal)
    pieces = (re.finditer(escape, part[1:-1]) for part in parts)
    return b"".join(octets(piece) for piece in itertools.chain(*pieces))


def source(path):
    return (TOP / path).read_text()


def literals(path, pattern=f"({LITERAL})"):
    return [unescaped(found) for found in re.findall(pattern, source(path))]


def interop_pdus(build_dir):
    """Every kind of PDU, empty, plain and refused, and parts of long messages."""
    lines = subprocess.run([build_dir / "interop_pdus"], check=True, capture_output=True).stdout
    rows = [json.loads(line) for line in lines.splitlines()]
    kept = {"empty", "plain", "refused with body", "vendor", "vendor tlvs", "repeated tlv"}
    pdus = [bytes.fromhex(row["hex"]) for row in rows if row["variant"] in kept or "message" in row]
    return [pdu for pdu in pdus if len(pdu) <= SEED_SIZE_MAX]


def raw_lines():
    """The octets of each scenario's `raw>` lines, one after the other."""
    for path in sorted((TOP / "tests/scenario").glob("*.txt")):
        found = re.findall(r"^raw> ([0-9a-f]+)", path.read_text(), re.M)
        if found:
            yield bytes.fromhex("".join(found))


def tolerated_pdus():
    """What the field notes say of peers: a NUL too many, a TLV cut short, bodies left out."""
    def pdu(command_id, status, body):
        return struct.pack(">IIII", 16 + len(body), command_id, status, 7) + body
    deliver = b"\0\1\1" b"79121234567\0" b"\0\1" b"4242\0" b"\0\0\0\0\0\0\0\0\0" b"\2hi"
    yield pdu(5, 0, deliver)
    yield pdu(5, 0, deliver + b"\0")                         # a NUL behind short_message
    yield pdu(5, 0, deliver + b"\0" + b"\2\4\0\2\0\7")       # and a TLV behind that
    yield pdu(5, 0, deliver + b"\4\x27\0\1\2" + b"\2\4\0\2\0")  # the last TLV is cut short
    yield pdu(5, 0, deliver + b"\0\0\0")
    yield pdu(0x80000004, 0, b"abc")                         # a string without its NUL
    yield pdu(0x80000004, 0, b"")
    yield pdu(0x80000005, 0x14, b"")
    yield pdu(4, 0, b"CMT")
    yield pdu(0x21, 0, b"\0\1\1x\0\xFF\2list\0")             # 255 destinations, it says


def framer_seeds(build_dir):
    pdus = interop_pdus(build_dir)
    yield from raw_lines()
    for size in (1, 2, 5):
        for at in range(0, 5 * size, size):
            yield b"".join(pdus[at:at + size])
    yield pdus[0] + b"\0\0\0\x0F"
    yield pdus[1] + b"\0\1\0\1"
    yield pdus[2][:-1]
    yield pdus[3] + b"\0\0"


def pdu_seeds(build_dir):
    yield from tolerated_pdus()
    yield from interop_pdus(build_dir)


def session_seeds(_):
    """Conversations by the numbers of session.cpp's `steps` and `bodies`."""
    (sends, answers, raw, hold, flush, passes, tick, due, request, respond, nothing, accept, refuse,
     start, unbind, probe, cut) = range(17)
    deliver, submit, data, query, alert, enquire, unbind_pdu, outbind = 0, 1, 2, 3, 6, 7, 8, 9
    bind_trx, unknown = 12, 13
    esme, esme_waits, wraps = b"\4\3\3\1\2", b"\x0C\3\3\1\2", b"\x24\3\3\0\2"
    smsc, smsc_3_3 = b"\1\1\4\1\2", b"\x11\2\2\1\2"
    bound = bytes([answers, 0, 0])             # the first thing we wrote is the bind
    served = bytes([sends, bind_trx, 1, 0, accept])
    mo = bytes([sends, deliver, 2, 0])
    mo_of_version_3_3 = bytes([sends, 29, 1, 0, accept, sends, submit, 1, 0, respond, 0, 0])
    seconds_30, minutes_5 = bytes([passes, 5]), bytes([passes, 6])
    yield esme + bound + mo + bytes([respond, 0, 0x40, due, due, answers, 1, 0])       # proven
    yield esme + bound + mo + bytes([respond, 0, 0x40, probe, answers, 1, 0])         # too early
    yield esme + bound + mo + bytes([respond, 0, 0x40, cut])
    yield esme + bound + bytes([request, submit, answers, 1, 0, unbind, answers, 2, 0])
    yield esme + bound + bytes([request, submit, request, submit]) + seconds_30 + bytes([tick])
    yield esme + bound + bytes([request, submit]) + seconds_30 + bytes([tick, answers, 1, 0])
    yield esme + bound + bytes([request, submit] * 5 + [answers, 2, 1, answers, 1, 0x80, cut])
    yield esme + bound + bytes([probe, answers, 1, 0, probe]) + minutes_5 + bytes([due, due, due])
    yield esme + bound + bytes([hold]) + mo + mo + bytes([sends, enquire, 3, 0, flush, 4, cut])
    yield esme + bound + mo + bytes([sends, unbind_pdu, 5, 0, respond, 0, 0, cut])
    yield esme + bound + mo * 5 + bytes([respond, 1, 0x80, respond, 0, 1, nothing, 3, 0])
    yield esme + bound + bytes([sends, unknown, 9, 0, sends, 28, 9, 0, sends, alert, 1, 0])
    yield esme + bytes([answers, 0, 2])                                                # refused
    yield esme + minutes_5 + bytes([due])
    yield esme_waits + bytes([sends, outbind, 1, 0, start, answers, 0, 0, request, data])
    yield wraps + bound + bytes([request, submit, answers, 1, 0] * 4)
    yield smsc + served + bytes([request, deliver, answers, 0, 0])
    yield smsc + served + bytes([sends, submit, 2, 0, respond, 0, 0, request, deliver])
    yield smsc + bytes([sends, bind_trx, 1, 0, refuse]) + served + bytes([request, alert, unbind])
    yield smsc + served + bytes([sends, query, 4, 0, unbind]) + minutes_5 + bytes([due, due])
    yield smsc + served + bytes([sends, unbind_pdu, 4, 0])
    yield smsc_3_3 + mo_of_version_3_3 + bytes([request, 30, request, deliver])
    for octets in raw_lines():
        if len(octets) < 200:
            yield esme + bound + bytes([raw, len(octets)]) + octets
            yield smsc + bytes([raw, len(octets)]) + octets


def receipt_seeds(_):
    for text in literals("tests/unit/smpp/receipt.cpp"):
        if b":" in text and b"." not in text or re.fullmatch(rb"[{}0-9A-Fa-fx-]{4,}", text):
            yield text
    yield bytes([0x05, 0, 0, 0, 0, 0x12, 0x34, 0x56, 0x78, 2]) + b"\0\x80\1\2\0\x80\1\3" + b"\2"
    yield bytes([0x0F, 1, 2, 3, 4, 5, 6, 7, 8, 5]) + b"\1\1\1\1\1\1\1\2" + b"\0"


def text_seeds(_):
    """Settings (alphabet and style, languages, character set and tables), then the octets."""
    known = ["Code: @£$¥ èéùìòÇ {}[]~|\\^€", "Ваш код: Ж7-ЁЩ.", "снег ❄ и 🚕 👨‍👩‍👧 🇷🇺 e\u0301",
             "Şifreniz ığdır.", "canción, útil, Ávila", "Ações não são avó.", "\uFEFF\uFFFE", ""]
    ways = itertools.cycle([(0, 0, 0), (8, 0, 5), (16, 0, 5), (24, 0, 0), (5, 0, 2), (3, 0, 4),
                            (0, 14, 0x28), (8, 14, 0x68), (1, 0, 1), (0, 0, 3)])
    for text, repeats in itertools.product(known, (1, 12)):
        style, languages, which = next(ways)
        yield bytes([style, languages | repeats - 1 << 4, which]) + text.encode()
    for text in known[:3]:
        yield b"\0\0\5" + (text * 4).encode("utf-16-be")
    for text in literals("tests/unit/text/fold.cpp", r"\{" + f"((?:{LITERAL}\\s*)+),"):
        yield bytes(next(ways)) + text
    for header in re.findall(r'"((?:[0-9a-f]{2}){3,})"', source("tests/unit/text/udh.cpp")):
        octets = bytes.fromhex(header)
        yield bytes(next(ways)) + octets
        yield bytes(next(ways)) + b"\0" + bytes([0x40 | len(octets) + 4]) + octets + b"text"


def message_seeds(_):
    numbers = ["1234", "4444", "5555", "+1234", "7"]
    row = rf"\{{((?:{LITERAL}\s*)+), \"([+0-9]+)\","
    for text, destination in re.findall(row, source("tests/unit/route/route.cpp")):
        place = numbers.index(destination) if destination in numbers else 4
        yield bytes([place]) + unescaped(text)


def http_seeds(_):
    """The guard's tables: their rows add up `get`, `host` and literals."""
    names = {"get": b"GET / HTTP/1.1\r\n", "host": b"Host: a\r\n"}
    term = rf"(?:get|host|(?:{LITERAL}\s*)+)"
    row = rf"\{{{LITERAL},\s*({term}(?:\s*\+\s*{term})*),"
    for row in re.findall(row, source("tests/unit/http/guard.cpp")):
        terms = re.findall(term, row)
        yield b"".join(names[one] if one in names else unescaped(one) for one in terms)
    post = (b"POST /api/v1/a%20b/%D0%B6?x=1+2&y=%26&z HTTP/1.1\r\n" + names["host"] +
            b"Content-Length: 2\r\n\r\n{}")
    yield post + names["get"] + names["host"] + b"\r\n"
    yield b"HEAD /%zz?a=%00 HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"
    yield post.replace(b"\r\n\r\n", b"\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")


def shipped_configuration():
    """Main file, one operator and the tariffs in one text."""
    conf = TOP / "conf"
    plain = lambda name: re.sub(r"^ *#.*\n|^\n", "", (conf / name).read_text(), flags=re.M)
    main = re.sub(r"^include:\n(  - .*\n)*", "", plain("farebox.yaml"), flags=re.M)
    other = plain("operators.d/demo-mt.yaml").replace("operators:\n", "")
    return (main + plain("operators.d/demo-mo.yaml") + other + plain("tariffs.d/demo.yaml") +
            plain("terms.yaml"))


def yaml_seeds(_):
    test = source("tests/unit/daemon/config.cpp")
    good = re.search(r'good = R"\((.*?)\)"', test, re.S)[1]
    yield good.encode()
    yield shipped_configuration().encode()
    example = (TOP / "conf/operators.d/example-operator.yaml.example").read_text()
    yield re.sub(r"^(\s*)#((  )?([a-z_0-9]+:|- ).*)$", r"\1\2", example, flags=re.M).encode()
    for start, replaced in re.findall(rf"\{{((?:{LITERAL}\s*)+),\s*((?:{LITERAL}\s*)+),", test):
        old, new = unescaped(start).decode(), unescaped(replaced).decode()
        if old and old in good:
            yield good.replace(old, new, 1).encode()
    for key in ("operators.alpha.binds.one.window=7", "log.level=debug", "terms.0.platform_fee=[",
                "short_codes.1234.help=", "x", "http={port: 1}"):
        yield f"#set {key}\n".encode() + good.encode()
    for text in ("", "a: &b 1\nc: *b\n", "---\n--- 2\n", "- [[[[{a: !!int 1}]]]]\n", "\tx: 1\n",
                 "a: |\n  b\n c\n", "? [a]\n: b\n", "%YAML 9.9\n---\na: 'b\n",
                 "a: \"\\u0000\\x01\"\n"):
        yield text.encode()


SOURCES = {"framer": framer_seeds, "pdu": pdu_seeds, "session": session_seeds,
           "receipt": receipt_seeds, "text": text_seeds, "message": message_seeds,
           "http": http_seeds, "yaml": yaml_seeds}


def some_of(seeds):
    """At most SEEDS_MAX different ones: the first half as they come, the rest evenly chosen."""
    different = list(dict.fromkeys(seeds))
    first, others = different[:SEEDS_MAX // 2], different[SEEDS_MAX // 2:]
    step = max(1.0, len(others) / (SEEDS_MAX // 2))
    return first + [others[int(i * step)] for i in range(min(SEEDS_MAX // 2, len(others)))]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", type=pathlib.Path, default=TOP / "build/dev")
    options = parser.parse_args()
    for target, seeds in SOURCES.items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("seed-*"):
            old.unlink()
        chosen = some_of(seeds(options.build_dir))
        for seed in chosen:
            (folder / f"seed-{hashlib.sha1(seed).hexdigest()[:12]}").write_bytes(seed)
        print(f"{target:10}{len(chosen):4} seeds, {sum(map(len, chosen)):7} octets")


main()
