"""What the rows of the fault table share: the real daemon, its faults, and a centre in Python that
sees every answer. Each row is a file beside this one and runs by itself:

    FAREBOX_BUILD_DIR=build/dev python3 tests/e2e/faults/no_space.py [-v]
"""
import collections
import contextlib
import itertools
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools"))
sys.dont_write_bytecode = True

from world import (PARTNER, Daemon, Faults, Operator, Smsc, Trouble, open_shop, scratch_folder,
                   wait_until, write_configuration)  # noqa: E402, F401: for the rows

PROGRAMS = pathlib.Path(os.environ.get("FAREBOX_BUILD_DIR", "build/dev")).resolve()
NIGHT = bool(os.environ.get("FAREBOX_NIGHT"))  # longer, for those who sleep
ROK, RETRY = 0, 0x14
EXIT_UNAVAILABLE, EXIT_STORE_BROKEN, EXIT_BAD_CONFIG = 69, 74, 78

# SMPP 3.4, 5.1.2.1
SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK = 0x4, 0x5, 0x6, 0x15
BINDS = (0x1, 0x2, 0x9)
RESPONSE = 0x80000000


class Mo:
    """A deliver_sm under way."""

    def __init__(self, phone, text):
        self.phone, self.text = phone, text
        self.status = None  # of its answer; None: not answered
        self.sent_at = self.seconds = None
        self.done = threading.Event()  # answered, or the connection is lost

    def wait(self, seconds=10):
        """The status of the answer; None if the connection was lost or nothing came."""
        self.done.wait(seconds)
        return self.status


class Connection:
    """One bound session, seen from the centre."""
    numbers = itertools.count(1)

    def __init__(self, accepted):
        self.socket = accepted
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.bound = self.lost = False
        self.submits = []
        self.waiting = {}
        self.lock = threading.Lock()
        self.may_read = threading.Event()
        self.may_read.set()
        threading.Thread(target=self.run, daemon=True).start()

    def write(self, command, status, sequence, body=b""):
        pdu = struct.pack(">IIII", 16 + len(body), command, status, sequence) + body
        with contextlib.suppress(OSError):
            self.socket.sendall(pdu)

    def deliver(self, phone, text, code, esm_class=0):
        """Sends an MO, or with esm_class 4 a receipt."""
        mo = Mo(phone, text)
        sequence = next(self.numbers)
        octets = text.encode()
        body = (b"\0\1\1" + phone.encode() + b"\0\0\1" + code.encode() + b"\0" +
                bytes([esm_class, 0, 0, 0, 0, 0, 0, 0, 0, len(octets)]) + octets)
        with self.lock:
            self.waiting[sequence] = mo
        mo.sent_at = time.monotonic()
        if self.lost:
            mo.done.set()
        self.write(DELIVER_SM, 0, sequence, body)
        return mo

    def run(self):
        buffered = b""
        while True:
            self.may_read.wait()
            try:
                octets = self.socket.recv(65536)
            except OSError:
                octets = b""
            if not octets:
                break
            buffered += octets
            while len(buffered) >= 4:
                size = struct.unpack_from(">I", buffered)[0]
                if len(buffered) < size:
                    break
                self.take(buffered[:size])
                buffered = buffered[size:]
        self.lost, self.bound = True, False
        with self.lock:
            for mo in self.waiting.values():
                mo.done.set()

    def take(self, pdu):
        _, command, status, sequence = struct.unpack_from(">IIII", pdu)
        if command == DELIVER_SM | RESPONSE:
            with self.lock:
                mo = self.waiting.pop(sequence, None)
            if mo:
                mo.status, mo.seconds = status, time.monotonic() - mo.sent_at
                mo.done.set()
        elif command in BINDS:
            self.write(command | RESPONSE, 0, sequence, b"centre\0")
            self.bound = True
        elif command == SUBMIT_SM:
            self.submits.append(pdu)
            self.write(command | RESPONSE, 0, sequence, b"%d\0" % (10**9 + next(self.numbers)))
        elif command in (ENQUIRE_LINK, UNBIND):
            self.write(command | RESPONSE, 0, sequence)

    def close(self):
        self.lost, self.bound = True, False
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
            self.socket.close()


class Centre:
    """Takes every bind; keeps the live connections."""
    phones = itertools.count(79120000000)

    def __init__(self, port, receive_buffer=None):
        self.code = "1234"
        self.all = []
        self.listener = socket.create_server(("127.0.0.1", port))
        if receive_buffer:  # what is accepted inherits it
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                self.all.append(Connection(self.listener.accept()[0]))

    def bound(self):
        return [connection for connection in self.all if connection.bound]

    def wait_bound(self, count=2, seconds=10):
        return wait_until(f"{count} binds are up", seconds,
                          lambda: len(self.bound()) >= count and self.bound())

    def send(self, text="LOCK", phone=None, connection=None):
        connection = connection or self.bound()[0]
        return connection.deliver(phone or str(next(self.phones)), text, self.code)

    def send_paced(self, seconds, per_second, connection=None):
        """So many MOs of different phones over so long, due at fixed times; all of them."""
        sent = []
        began = time.monotonic()
        for number in range(int(seconds * per_second)):
            due = began + number / per_second
            time.sleep(max(0, due - time.monotonic()))
            mo = self.send(connection=connection)
            mo.sent_at = due
            sent.append(mo)
        return sent

    def close(self):
        self.listener.close()
        for connection in self.all:
            connection.close()


def percentile(mos, percent):
    seconds = sorted(mo.seconds for mo in mos if mo.seconds is not None)
    return seconds[min(len(seconds) - 1, len(seconds) * percent // 100)]


class Row(unittest.TestCase):
    """A daemon with a centre, ready for trouble."""
    sections = {}          # further sections of the configuration
    operator_settings = {}
    starts = True          # False: the test starts the daemon
    receive_buffer = None  # of the centre's sockets, in octets

    def setUp(self):
        self.folder = scratch_folder("fault")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.operator = Operator("north", **self.operator_settings)
        config = write_configuration(self.folder / "farebox.yaml", [self.operator],
                                     **self.sections)
        self.daemon = Daemon(PROGRAMS, self.folder, config)
        self.daemon.secret("north")
        self.addCleanup(self.end_daemon)
        self.faults = Faults(PROGRAMS, self.folder, self.daemon.data_base.parent)
        self.daemon.environment = dict(self.faults.environment)
        if self.starts:
            self.start()

    def start(self, **popen):
        self.centre = Centre(self.operator.port, self.receive_buffer)
        self.addCleanup(self.centre.close)
        self.daemon.start(**popen)
        self.token = open_shop(self.daemon)
        self.centre.wait_bound()

    def end_daemon(self):
        process = self.daemon.process
        if process and process.poll() is None:
            process.kill()
            process.wait()

    def take_ok(self, count=1):
        """So many MOs, each acknowledged."""
        mos = [self.centre.send() for _ in range(count)]
        self.assertEqual([mo.wait() for mo in mos], [ROK] * count)
        return mos

    def bills(self):
        """Of accepted messages, once the daemon has ended."""
        return self.daemon.rows("SELECT * FROM bill WHERE gross > 0 ORDER BY id")

    def refuses_to_start(self, *words):
        """It ends by itself and says why; returns the exit status."""
        before = set(self.daemon.log())  # lines begin with the time
        self.daemon.launch()
        status = self.daemon.process.wait(timeout=20)
        said = "\n".join(line for line in self.daemon.log() if line not in before)
        for word in words:
            self.assertIn(word, said)
        self.assertNotEqual(status, 0)
        return status

    def wait_alarm(self, words, seconds=10):
        return wait_until(f"alarm: {words}", seconds,
                          lambda: any(words in alarm for alarm in self.daemon.alarms()))

    def load(self, *arguments):
        """A farebox-smsc in the place of the centre."""
        smsc = Smsc(self.daemon, "north", self.operator.port, "--destination", "1234", "--window",
                    "50", "--binds-wanted", "2", "--quiet-after", "1s", *arguments)
        self.addCleanup(smsc.end)
        return smsc


@contextlib.contextmanager
def small_disk(folder, mib):
    """A file system of its own at the folder, or a skipped test where mounting is not allowed."""
    options = ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0700", "farebox", str(folder)]
    if subprocess.run(options, capture_output=True).returncode != 0:
        raise unittest.SkipTest("mounting is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def main():
    unittest.main(verbosity=2, failfast=True)
