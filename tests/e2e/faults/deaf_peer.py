"""Goal: a centre that stops reading costs neither memory nor the other bind. Method: one of two
connections sends and never reads; the other works on; the deaf one is given up in the end."""
import os
import pathlib
import time

from lab import ROK, Row, main, percentile, wait_until


class DeafPeer(Row):
    def resident_mib(self):
        sizes = pathlib.Path(f"/proc/{self.daemon.process.pid}/statm").read_text()
        return int(sizes.split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20

    def test_memory_is_bounded_and_others_work_on(self):
        deaf, healthy = self.centre.bound()
        for mo in self.centre.send_paced(1, 100, healthy):
            self.assertEqual(mo.wait(), ROK)
        before = self.resident_mib()
        deaf.may_read.clear()
        deaf.socket.settimeout(0.2)  # for our writing, once the daemon reads no more
        ends = time.monotonic() + 8
        sent = 0
        while time.monotonic() < ends and not deaf.lost:
            self.centre.send("LOCK " + "x" * 100, connection=deaf)
            sent += 1
            if sent % 200 == 0:
                self.assertEqual(self.centre.send(connection=healthy).wait(), ROK)
        mos = self.centre.send_paced(2, 100, healthy)
        self.assertEqual({mo.wait() for mo in mos}, {ROK})
        self.assertLess(percentile(mos, 99), 1)
        self.assertLess(self.resident_mib() - before, 128)
        deaf.may_read.set()
        wait_until("the deaf connection is given up, or read again", 30, lambda: deaf.lost or
                   self.centre.send(connection=deaf).wait(1) == ROK)
        self.centre.wait_bound(2)
        self.take_ok(2)


main()
