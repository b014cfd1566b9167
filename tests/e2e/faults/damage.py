"""Goal: a bit that flipped, a tail that is missing: noticed at the start or by the scrub, whatever
SQLite's own checks say (R12). Method: the file and its log are damaged under a stopped daemon, and
under a running one."""
import errno
import os
import shutil
import sqlite3
import time

from lab import EXIT_UNAVAILABLE, Row, main, wait_until


class Damage(Row):
    def page_of_bill(self, bill):
        """Number of the page that holds the first bill, or else the last ones."""
        pages = self.daemon.rows("SELECT pageno FROM dbstat WHERE name = 'bill' AND "
                                 "pagetype = 'leaf' ORDER BY path")
        return pages[0 if bill == 1 else -1]["pageno"]

    def flip_bit_of_bill(self, bill):
        """In the currency of some bill of that page, so that the row stays well-formed."""
        size = 4096
        with open(self.daemon.data_base, "r+b") as file:
            file.seek((self.page_of_bill(bill) - 1) * size)
            page = bytearray(file.read(size))
            at = page.rfind(b"RUB")
            self.assertGreater(at, 0)
            page[at] ^= 1
            file.seek(-size, 1)
            file.write(page)

    def stopped_with_bills(self, count):
        self.take_ok(count)
        self.assertEqual(self.daemon.stop(), 0)

    def killed_with_log(self):
        """The log holds the last messages, and the mark knows of them."""
        self.take_ok(40)
        time.sleep(1.3)  # the mark is at most a second behind
        self.daemon.kill()
        log = self.daemon.data_base.with_name("farebox.db-wal")
        self.assertGreater(log.stat().st_size, 100_000)
        return log

    def test_a_bit_of_a_bill(self):
        self.stopped_with_bills(30)
        self.flip_bit_of_bill(30)
        status = self.refuses_to_start("are not what was written", "digest")
        self.assertEqual(status, EXIT_UNAVAILABLE)

    def test_a_bill_changed_by_hand(self):
        self.stopped_with_bills(30)
        with sqlite3.connect(self.daemon.data_base) as base:
            base.execute("UPDATE bill SET gross = gross + 1, partner_share = partner_share + 1 "
                         "WHERE id = 7")
        self.assertEqual(self.refuses_to_start("are not what was written"), EXIT_UNAVAILABLE)

    def test_a_bit_flipped_while_the_daemon_runs(self):
        """The scrub looks behind the caches: an alarm, and no more billing."""
        self.stopped_with_bills(200)
        self.page_of_bill(1)
        self.daemon.start()
        self.flip_bit_of_bill(1)
        self.wait_alarm("the bills are not what was written", 15)
        self.assertFalse(self.daemon.is_ready())
        wait_until("links are unbound", 5, lambda: not self.centre.bound())
        # A store that could not write for a while does not open the shop again.
        self.faults["write_errno"] = errno.ENOSPC
        time.sleep(3)
        self.faults["write_errno"] = 0
        time.sleep(1)
        self.assertFalse(self.daemon.is_ready())
        self.assertEqual(self.centre.bound(), [])

    def test_the_tail_of_the_log_is_cut(self):
        log = self.killed_with_log()
        os.truncate(log, log.stat().st_size // 2)
        self.assertEqual(self.refuses_to_start("looks like a restored old backup"),
                         EXIT_UNAVAILABLE)

    def test_a_bit_of_the_log(self):
        """SQLite takes the log to end there, and says nothing."""
        log = self.killed_with_log()
        with open(log, "r+b") as file:
            file.seek(log.stat().st_size // 2)
            octet = file.read(1)[0]
            file.seek(-1, 1)
            file.write(bytes([octet ^ 0x10]))
        self.assertEqual(self.refuses_to_start("looks like a restored old backup"),
                         EXIT_UNAVAILABLE)

    def test_the_log_is_lost(self):
        log = self.killed_with_log()
        shutil.copy(log, self.folder / "kept-wal")
        log.unlink()
        self.assertEqual(self.refuses_to_start(), EXIT_UNAVAILABLE)

    def test_the_tail_of_the_file_is_cut(self):
        self.stopped_with_bills(60)
        os.truncate(self.daemon.data_base, self.daemon.data_base.stat().st_size // 2)
        self.assertIn(self.refuses_to_start(), (EXIT_UNAVAILABLE, 1))


main()
