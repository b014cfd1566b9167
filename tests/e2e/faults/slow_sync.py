"""Goal: a slow disk makes acknowledgements slow, and nothing else. Method: every fdatasync takes
200 ms longer while messages come; each is acknowledged, no bind is lost, nothing is refused."""
from lab import ROK, Row, main, percentile


class SlowSync(Row):
    def test_acknowledgements_wait_and_nothing_else_happens(self):
        before = self.centre.send_paced(1, 50)
        self.assertEqual({mo.wait() for mo in before}, {ROK})
        self.faults["sync_delay_ms"] = 200
        connections = len(self.centre.all)
        slow = self.centre.send_paced(4, 50)
        self.assertEqual({mo.wait() for mo in slow}, {ROK})
        self.assertTrue(self.daemon.is_ready())
        self.faults["sync_delay_ms"] = 0
        after = self.centre.send_paced(1, 50)
        self.assertEqual({mo.wait() for mo in after}, {ROK})

        self.assertGreater(self.faults["syncs"], 10, "SQLite's fdatasync does not pass through us")
        self.assertGreater(percentile(slow, 50), 0.1)
        self.assertLess(percentile(slow, 99), 2)  # a batch takes what came meanwhile
        self.assertLess(percentile(after, 50), 0.1)
        self.assertEqual(len(self.centre.all), connections)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(len(self.bills()), len(before) + len(slow) + len(after))


main()
