"""Goal: on a full disk messages get the status at which the operator tries again, links are unbound
after two seconds, and all of it ends by itself within 5 s of space. Method: once with ENOSPC from
the preloaded library, once on a small file system that is really full."""
import errno
import time

from lab import RETRY, ROK, Row, main, small_disk, wait_until


class NoSpace(Row):
    starts = False

    def check(self, fill, empty):
        self.start()
        process = self.daemon.process
        self.take_ok(5)
        fill()
        self.assertEqual(self.centre.send(phone="79120000001").wait(), RETRY)
        wait_until("links are unbound", 6, lambda: not self.centre.bound())
        status, body = self.daemon.request("/readyz")
        self.assertEqual(status, 503)
        self.assertIn(b"the store cannot write", body)
        self.wait_alarm("the store cannot write")
        time.sleep(1)
        empty()
        began = time.monotonic()
        wait_until("ready again", 5, self.daemon.is_ready)
        self.centre.wait_bound(seconds=5)
        self.assertEqual(self.centre.send(phone="79120000001").wait(), ROK)  # told to come again
        self.assertLess(time.monotonic() - began, 5)
        self.assertIs(self.daemon.process, process)
        self.assertIsNone(process.poll())
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(len(self.bills()), 6)

    def test_enospc_from_every_write(self):
        def fill():
            self.faults["write_errno"] = errno.ENOSPC

        def empty():
            self.assertGreater(self.faults["writes_failed"], 0)
            self.faults["write_errno"] = 0
        self.check(fill, empty)

    def test_a_disk_that_is_full(self):
        store = self.daemon.data_base.parent
        ballast = store / "ballast"

        def fill():
            with open(ballast, "wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(4096))
                except OSError as error:
                    self.assertEqual(error.errno, errno.ENOSPC)
            # What the log has for itself already is soon used up.
            wait_until("the disk is noticed to be full", 10,
                       lambda: self.centre.send("RR 104723 1 " + "x" * 100).wait() == RETRY)
        with small_disk(store, 8):
            self.addCleanup(self.end_daemon)
            self.check(fill, ballast.unlink)


main()
