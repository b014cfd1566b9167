"""Goal: another process that reads and never ends its transaction makes the log grow; at 64 MiB
that is an alarm, acknowledgements go on, and the disk is given back once the reader has gone.
Method: a read transaction of ours beside a daemon under load."""
import contextlib
import sqlite3

from lab import Row, main, open_shop, wait_until

MIB = 1 << 20


class HeldSnapshot(Row):
    starts = False

    def test_the_log_grows_is_told_and_shrinks_again(self):
        self.daemon.start()
        open_shop(self.daemon)
        where = f"file:{self.daemon.data_base}?mode=ro"
        with contextlib.closing(sqlite3.connect(where, uri=True, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM message").fetchall()
            smsc = self.load("--generate", "0", "--text", "LOCK {word}", "--rate", "4000")
            self.wait_alarm("the write-ahead log has grown beyond 64 MiB", 60)
            shown = self.daemon.status()["store"]["wal_bytes"]
            self.assertGreaterEqual(shown, 64 * MIB)
            metrics = self.daemon.request("/metrics")[1].decode()
            self.assertIn("farebox_store_wal_bytes", metrics)
            self.assertTrue(self.daemon.is_ready())
            reader.execute("ROLLBACK")
        wait_until("the log is short again", 20,
                   lambda: self.daemon.status()["store"]["wal_bytes"] <= 64 * MIB, 0.2)
        smsc.end()
        summary = smsc.summary()
        self.assertGreater(summary["mos_acked"], 1000)
        self.assertEqual(summary["mos_unacked"] + summary["mos_refused"], 0)
        self.assertEqual(self.daemon.stop(), 0)


main()
