"""Goal: a clock that jumps harms neither billing nor order; one that was far ahead is an alarm
while its date is on the bills; daylight saving is nothing. Method: the time of day is moved under
the running daemon; bills and statistics are read afterwards."""
import datetime

from lab import ROK, Row, main

HOUR, SECOND = 3_600_000_000, 1_000_000


class Clock(Row):
    starts = False

    def times(self):
        """posted_at of all bills, in order of their numbers."""
        rows = self.daemon.rows("SELECT posted_at FROM bill ORDER BY id")
        return [row["posted_at"] for row in rows]

    def test_forward_and_back(self):
        self.start()
        self.take_ok(3)
        connections = len(self.centre.all)
        self.faults["clock_offset_us"] = 24 * HOUR
        self.take_ok(3)
        self.assertEqual([alarm for alarm in self.daemon.alarms() if "clock" in alarm], [])
        self.faults["clock_offset_us"] = 0
        self.take_ok(3)
        self.wait_alarm("the clock is behind the last bill")
        self.faults["clock_offset_us"] = -HOUR
        self.take_ok(3)
        self.assertEqual(len(self.centre.all), connections)
        self.assertTrue(self.daemon.is_ready())
        self.assertEqual(self.daemon.stop(), 0)
        times = self.times()
        self.assertEqual(len(times), 12)
        self.assertEqual(times, sorted(times))
        self.assertGreater(times[3] - times[2], 23 * HOUR)
        self.assertEqual(times[5], times[11])
        # Told at the next start too.
        self.daemon.start()
        self.wait_alarm("the clock is behind the last bill")

    def test_a_small_correction_is_no_alarm(self):
        self.start()
        self.faults["clock_offset_us"] = 4 * SECOND
        self.take_ok(3)
        self.faults["clock_offset_us"] = 0
        self.take_ok(3)
        self.assertEqual([alarm for alarm in self.daemon.alarms() if "clock" in alarm], [])

    def test_the_end_of_summer_time(self):
        """In Tallinn the hour from 3 to 4 comes twice; in UTC, and here, it does not."""
        change = datetime.datetime(2026, 10, 25, 1, 0, tzinfo=datetime.timezone.utc)
        away = change - datetime.datetime.now(datetime.timezone.utc)
        offset = away // datetime.timedelta(microseconds=1)
        self.daemon.environment["TZ"] = "Europe/Tallinn"
        self.faults["clock_offset_us"] = offset - 1800 * SECOND
        self.start()
        self.take_ok(2)
        self.faults["clock_offset_us"] = offset + 1800 * SECOND
        self.take_ok(3)
        self.assertEqual([alarm for alarm in self.daemon.alarms() if "clock" in alarm], [])
        rows = self.daemon.get("/api/v1/statistics?by=hour&from=2026-10-25T00:00:00Z"
                               "&to=2026-10-25T03:00:00Z", self.token)["rows"]
        self.assertEqual([row["posted"]["bills"] for row in rows], [2, 3])
        self.assertEqual(self.daemon.stop(), 0)
        times = self.times()
        self.assertEqual(times, sorted(times))
        self.assertLess(times[4] - times[0], 2 * HOUR)


main()
