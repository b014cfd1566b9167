"""Goal: no start on a network file system, on the data base of a newer program, or on a file that
is something else. Method: statfs says NFS and others; user_version is raised; another file."""
import contextlib
import sqlite3

from lab import EXIT_BAD_CONFIG, EXIT_UNAVAILABLE, Row, main

NETWORK = {"NFS": 0x6969, "SMB2": 0xFE534D42, "FUSE": 0x65735546, "9P": 0x01021997}


class RefusedPlaces(Row):
    starts = False

    def change(self, sql):
        with contextlib.closing(sqlite3.connect(self.daemon.data_base)) as base:
            with base:
                base.execute(sql)

    def test_network_file_systems(self):
        for name, number in NETWORK.items():
            with self.subTest(name):
                self.faults["file_system_type"] = number
                self.assertEqual(self.refuses_to_start("network file system", f"({name})"),
                                 EXIT_BAD_CONFIG)
        self.assertFalse(self.daemon.data_base.exists())

    def test_a_newer_schema(self):
        self.start()
        self.take_ok(1)
        self.assertEqual(self.daemon.stop(), 0)
        version = self.daemon.rows("PRAGMA user_version")[0][0]
        self.change("PRAGMA user_version = 9999")
        self.assertEqual(self.refuses_to_start("schema 9999", "start the newer program"),
                         EXIT_UNAVAILABLE)
        self.change(f"PRAGMA user_version = {version}")
        self.daemon.start()
        self.centre.wait_bound()
        self.take_ok(1)

    def test_a_data_base_of_another_program(self):
        self.change("CREATE TABLE theirs(x)")
        self.assertEqual(self.refuses_to_start("another program"), EXIT_BAD_CONFIG)


main()
