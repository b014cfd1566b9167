"""Goal: a centre that stops reading costs neither memory nor the other bind, and is given up after
the time-out for an answer. Method: one of two connections sends messages, and questions enough to
fill the buffers of the sockets with answers, and never reads, until the daemon has made a new
connection; the other works on."""
import contextlib
import os
import pathlib
import struct
import threading
import time

from lab import ENQUIRE_LINK, ROK, Row, main, percentile


class DeafPeer(Row):
    receive_buffer = 4096

    def resident_mib(self):
        sizes = pathlib.Path(f"/proc/{self.daemon.process.pid}/statm").read_text()
        return int(sizes.split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20

    def test_memory_is_bounded_and_others_work_on(self):
        deaf, healthy = self.centre.bound()
        for mo in self.centre.send_paced(1, 100, healthy):
            self.assertEqual(mo.wait(), ROK)
        before = self.resident_mib()
        deaf.may_read.clear()
        deaf.socket.settimeout(0.2)  # for our writing, should the daemon read no more
        over = threading.Event()

        def talk():
            questions = b"".join(struct.pack(">IIII", 16, ENQUIRE_LINK, 0, 10**6 + number)
                                 for number in range(1000))
            while not over.is_set():
                self.centre.send_paced(0.1, 100, deaf)
                with contextlib.suppress(OSError):
                    deaf.socket.sendall(questions * 10)
        talking = threading.Thread(target=talk)
        talking.start()
        began = time.monotonic()
        mos = []
        while len(self.centre.all) < 3 and time.monotonic() - began < 20:
            mos += self.centre.send_paced(1, 100, healthy)
            self.assertLess(self.resident_mib() - before, 128)
        over.set()
        talking.join()
        self.assertEqual(len(self.centre.all), 3, "the deaf connection was not given up")
        self.assertIn("the peer stopped reading", "\n".join(self.daemon.log()))
        self.assertEqual({mo.wait() for mo in mos}, {ROK})
        self.assertLess(percentile(mos, 99), 1)
        deaf.close()
        deaf.may_read.set()
        self.centre.wait_bound(2)
        self.take_ok(2)


main()
