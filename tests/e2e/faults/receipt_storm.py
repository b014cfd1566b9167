"""Goal: a storm of receipts does not delay messages much: they share each batch. Method: one bind
delivers receipts of unknown messages as fast as it can, the other brings messages at a fixed
rate."""
import threading
import time

from lab import NIGHT, ROK, Row, main, percentile

RECEIPT = ("id:{:010d} sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 stat:DELIVRD "
           "err:000 text:")
WINDOW = 500
KEPT_MAX = 105_000  # receipts that match nothing: 100,000, dropped in slices


class ReceiptStorm(Row):
    def test_messages_are_acknowledged_in_between(self):
        storm, calm = self.centre.bound()
        before = self.centre.send_paced(2, 100, calm)
        over = threading.Event()
        receipts = []

        def blow():
            while not over.is_set():
                batch = [storm.deliver("79120000000", RECEIPT.format(len(receipts) + n), "1234",
                                       esm_class=4) for n in range(WINDOW)]
                receipts.extend(batch)
                for receipt in batch:
                    receipt.wait()
        thread = threading.Thread(target=blow)
        thread.start()
        time.sleep(0.5)
        during = self.centre.send_paced(60 if NIGHT else 6, 100, calm)
        statuses = {mo.wait() for mo in during}
        over.set()
        thread.join()
        self.assertEqual(statuses, {ROK})
        self.assertEqual({receipt.status for receipt in receipts}, {ROK})
        print(f"\n{len(receipts)} receipts; ack p99 {percentile(before, 99) * 1e3:.0f} ms before, "
              f"{percentile(during, 99) * 1e3:.0f} ms during")
        self.assertGreater(len(receipts), 2 * WINDOW)
        self.assertLess(percentile(during, 99), 0.5)
        self.assertEqual(self.daemon.stop(), 0)
        kept = self.daemon.rows("SELECT count(*) FROM orphan")[0][0]
        self.assertLess(kept, KEPT_MAX)
        self.assertGreaterEqual(kept, min(len(receipts), KEPT_MAX - 5000))
        self.assertEqual(len(self.bills()), len(before) + len(during))


main()
