"""Goal: a file system that became read-only ends the process, and no start succeeds until it is
mended; then all goes on. Method: EROFS from every write, as after a remount by the kernel; then a
start on a file system that is really read-only."""
import errno
import subprocess
import unittest

from lab import EXIT_STORE_BROKEN, ROK, Row, main, small_disk


class ReadOnly(Row):
    starts = False

    def test_it_ends_and_starts_again_once_it_can_write(self):
        self.start()
        self.take_ok(3)
        self.faults["write_errno"] = errno.EROFS
        mo = self.centre.send(phone="79125550001")
        self.assertEqual(self.daemon.process.wait(timeout=5), EXIT_STORE_BROKEN)
        self.assertIsNone(mo.wait(1))
        self.refuses_to_start("cannot start")
        self.faults["write_errno"] = 0
        self.daemon.start()
        self.centre.wait_bound()
        self.assertEqual(self.centre.send(phone="79125550001").wait(), ROK)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(len(self.bills()), 4)

    def test_a_file_system_that_is_read_only(self):
        store = self.daemon.data_base.parent
        with small_disk(store, 16):
            self.start()
            self.take_ok(3)
            self.assertEqual(self.daemon.stop(), 0)

            def remount(how):
                return subprocess.run(["mount", "-o", f"remount,{how}", str(store)],
                                      capture_output=True).returncode == 0
            if not remount("ro"):
                raise unittest.SkipTest("a file system cannot be made read-only here")
            self.refuses_to_start("Read-only file system")
            self.assertTrue(remount("rw"))
            self.daemon.start()
            self.centre.wait_bound()
            self.take_ok(1)
            self.assertEqual(self.daemon.stop(), 0)


main()
