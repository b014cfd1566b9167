"""Goal: another process that locks the data base for writing makes messages come again later, and
all goes on when it lets go. Method: BEGIN IMMEDIATE of ours, for half a second and for four."""
import contextlib
import sqlite3
import time

from lab import RETRY, ROK, Row, main, wait_until


class ForeignWriter(Row):
    def test_short_and_long(self):
        self.take_ok(3)
        with contextlib.closing(sqlite3.connect(self.daemon.data_base,
                                                isolation_level=None)) as foreign:
            foreign.execute("BEGIN IMMEDIATE")
            self.assertEqual(self.centre.send(phone="79125550001").wait(), RETRY)
            foreign.execute("ROLLBACK")
            self.assertEqual(self.centre.send(phone="79125550001").wait(), ROK)

            foreign.execute("BEGIN IMMEDIATE")
            wait_until("a message is refused", 2,
                       lambda: self.centre.send(phone="79125550002").wait() == RETRY)
            wait_until("links are unbound", 6, lambda: not self.centre.bound())
            self.assertFalse(self.daemon.is_ready())
            foreign.execute("ROLLBACK")
            began = time.monotonic()
        wait_until("ready again", 5, self.daemon.is_ready)
        self.centre.wait_bound(seconds=5)
        self.assertEqual(self.centre.send(phone="79125550002").wait(), ROK)
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(len(self.bills()), 5)


main()
