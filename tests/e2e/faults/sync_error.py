"""Goal: after a failed fsync nothing is answered any more, the process ends within a second, and
what was in question is in doubt at the next start: its redelivery is not billed again (R2). Method:
EIO from fdatasync; the same message once more after the restart."""
import errno
import time

from lab import EXIT_STORE_BROKEN, ROK, Row, main


class SyncError(Row):
    def test_no_answer_and_the_end_within_a_second(self):
        self.take_ok(3)
        self.faults["sync_errno"] = errno.EIO
        began = time.monotonic()
        mos = [self.centre.send(phone=f"7912555000{n}") for n in range(5)]
        self.assertEqual(self.daemon.process.wait(timeout=5), EXIT_STORE_BROKEN)
        self.assertLess(time.monotonic() - began, 1)
        self.assertEqual([mo.wait(1) for mo in mos], [None] * 5)
        self.assertGreater(self.faults["syncs_failed"], 0)
        self.assertIn("the store cannot be trusted any more", "\n".join(self.daemon.log()))

        # The disk was only pretended to be broken: what was written is there, unacknowledged.
        self.faults["sync_errno"] = 0
        in_question = {row["phone"] for row in self.daemon.rows(
            "SELECT CAST(source AS TEXT) AS phone FROM message")}
        self.daemon.start()
        self.centre.wait_bound()
        again = [self.centre.send(phone=mo.phone) for mo in mos]
        self.assertEqual([mo.wait() for mo in again], [ROK] * 5)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(len(self.bills()), 3 + 5)
        absorbed = self.daemon.rows("SELECT CAST(source AS TEXT) AS phone FROM message "
                                    "WHERE outcome = 6")
        self.assertEqual({row["phone"] for row in absorbed},
                         in_question & {mo.phone for mo in mos})


main()
