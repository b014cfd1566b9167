"""Goal: two daemons never have one data base. Method: a second one is started on the same file,
with ports of its own; the first works on."""
import subprocess

from lab import EXIT_UNAVAILABLE, Daemon, Row, main


class SecondDaemon(Row):
    def test_the_second_one_refuses(self):
        self.take_ok(2)
        folder = self.folder / "second"
        folder.mkdir()
        second = Daemon(self.daemon.programs, folder, self.daemon.config, {
            "store.path": self.daemon.data_base, "store.mark": self.daemon.mark})
        second.secret("north")
        second.launch()
        self.addCleanup(second.process.kill)
        self.assertEqual(second.process.wait(timeout=20), EXIT_UNAVAILABLE)
        self.assertIn("another daemon has the data base", "\n".join(second.log()))
        self.take_ok(2)
        # The lock goes with the process, however it ends.
        self.daemon.kill()
        self.daemon.start()
        self.centre.wait_bound()
        self.take_ok(2)


main()
