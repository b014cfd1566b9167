"""Goal: a backup is made while the daemon runs, and is whole; restoring it is noticed, however it
is restored, and can be insisted upon. Method: the two ways of the documentation under load, from
another process; the copies are held against the bills; then they take the place of the data
base."""
import contextlib
import shutil
import sqlite3
import time

from lab import EXIT_UNAVAILABLE, Row, main, open_shop


class Backup(Row):
    starts = False

    def copies(self):
        """What docs/reliability.md says: sqlite3 .backup, and VACUUM INTO."""
        where = f"file:{self.daemon.data_base}?mode=ro"
        with contextlib.closing(sqlite3.connect(where, uri=True, isolation_level=None)) as source:
            with contextlib.closing(sqlite3.connect(self.folder / "copy.db")) as target:
                source.backup(target)
            source.execute("VACUUM INTO ?", [str(self.folder / "vacuum.db")])
        return self.folder / "copy.db", self.folder / "vacuum.db"

    def test_while_running_and_restored(self):
        self.daemon.start()
        open_shop(self.daemon)
        smsc = self.load("--generate", "0", "--text", "LOCK {word}", "--rate", "1000")
        time.sleep(1.5)
        copies = self.copies()
        time.sleep(1.5)
        smsc.end()
        summary = smsc.summary()
        self.assertEqual(summary["mos_unacked"] + summary["mos_refused"], 0)
        self.assertEqual(self.daemon.stop(), 0)
        bills = [tuple(bill) for bill in self.daemon.rows("SELECT * FROM bill ORDER BY id")]
        for copy in copies:
            with contextlib.closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as base:
                self.assertEqual(base.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
                copied = base.execute("SELECT * FROM bill ORDER BY id").fetchall()
            self.assertGreater(len(copied), 100)
            self.assertEqual(copied, bills[:len(copied)])
            self.assertLess(len(copied), len(bills))
            self.restore(copy, len(copied), len(bills))

    def restore(self, copy, bills, bills_before):
        """In the place of the whole folder: the mark, elsewhere, still knows better."""
        store = self.daemon.data_base.parent
        shutil.rmtree(store)
        store.mkdir(mode=0o700)
        shutil.copy(copy, self.daemon.data_base)
        kept = self.daemon.mark.read_bytes()
        self.assertEqual(EXIT_UNAVAILABLE, self.refuses_to_start(
            f"ends with bill {bills}", f"bill {bills_before} was posted", "old backup",
            str(self.daemon.mark)))
        self.assertEqual(self.daemon.mark.read_bytes(), kept)
        # Whoever insists removes the mark, and is told so where everybody looks.
        self.daemon.mark.unlink()
        self.daemon.start()
        self.wait_alarm("there is no high-water mark")
        self.assertEqual(self.daemon.stop(), 0)
        self.assertIn(f"bill {bills} ", self.daemon.mark.read_text())
        self.daemon.mark.write_bytes(kept)


main()
