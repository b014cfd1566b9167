"""Goal: when file descriptors run out, what has one goes on, nothing spins, and what needs one
comes back with the first that is free. Method: a daemon with few descriptors, and more HTTP
connections than it can take."""
import contextlib
import os
import pathlib
import resource
import socket
import time

from lab import PROGRAMS, ROK, Row, main, wait_until


class Descriptors(Row):
    starts = False

    def cpu_seconds(self):
        line = pathlib.Path(f"/proc/{self.daemon.process.pid}/stat").read_text()
        fields = line.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_messages_go_on_without_a_descriptor_left(self):
        if b"__ubsan_handle_dynamic_type_cache_miss" in (PROGRAMS / "fareboxd").read_bytes():
            self.skipTest("this sanitizer opens a pipe for each new type that it checks")
        self.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
        self.take_ok(3)
        with contextlib.ExitStack() as crowd:
            for _ in range(100):
                crowd.enter_context(socket.create_connection(("127.0.0.1", self.daemon.port)))
            wait_until("no descriptor is left", 5, lambda: len(
                os.listdir(f"/proc/{self.daemon.process.pid}/fd")) >= 64)
            before = self.cpu_seconds()
            mos = self.centre.send_paced(2, 50)
            self.assertEqual({mo.wait() for mo in mos}, {ROK})
            self.assertLess(self.cpu_seconds() - before, 1, "it spins")
            # A lost bind has to wait for a descriptor; the other one carries on.
            self.centre.bound()[0].close()
            self.take_ok(3)
        wait_until("HTTP answers again", 10, self.daemon.is_ready)
        self.wait_alarm("Too many open files")
        self.centre.wait_bound(2)
        self.take_ok(3)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(len(self.bills()), 3 + len(mos) + 6)


main()
