"""What tools/demo, tools/crash and the fault tests share: the daemon, pretended operators, and ways
to look into both. A library of Python's standard library only; it does nothing by itself.
"""
import atexit
import contextlib
import http.client
import json
import mmap
import os
import pathlib
import secrets
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = ("fareboxd", "farebox", "farebox-smsc")


class Trouble(Exception):
    """The world could not be set up, or something in it ended; one line for people."""


def build(build_dir):
    """The release build, unless a folder with the programs was given."""
    if build_dir:
        return pathlib.Path(build_dir).resolve()
    subprocess.run([TOP / "tools/deps"], check=True)
    quiet = {"stdout": subprocess.DEVNULL} if not sys.stdout.isatty() else {}
    subprocess.run(["cmake", "--preset", "release"], cwd=TOP, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", "--preset", "release", "--target", *PROGRAMS, "faulty"],
                   cwd=TOP, check=True, **quiet)
    return TOP / "build/release"


_given_ports = set()


def free_port():
    """A port that is free now and was not given before."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in _given_ports:
            _given_ports.add(port)
            return port


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("farebox", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def wait_until(what, seconds, look, pause=0.05):
    """The first true answer of look(), or Trouble."""
    ends = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > ends:
            raise Trouble(f"{what}: not within {seconds} s")
        time.sleep(pause)


class Faults:
    """The other side of tests/e2e/faults/faulty.cpp: switches by name, in its order."""
    NAMES = ("write_errno", "sync_errno", "sync_delay_ms", "clock_offset_us", "file_system_type",
             "kill_after_syncs", "kill_delay_us", "syncs", "writes_failed", "syncs_failed")

    def __init__(self, programs, folder, watched):
        library = pathlib.Path(programs) / "libfaulty.so"
        if not library.exists():
            raise Trouble(f"{library} is missing: build the target faulty")
        path = pathlib.Path(folder) / "faults"
        path.write_bytes(bytes(8 * len(self.NAMES)))
        with open(path, "r+b") as file:
            self.slots = mmap.mmap(file.fileno(), 0)
        self.environment = {
            "LD_PRELOAD": str(library), "FAREBOX_FAULTS": str(path),
            "FAREBOX_FAULT_FOLDER": str(pathlib.Path(watched).resolve()),
            # The address sanitizer wants to be first; it does its work as well behind us.
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") +
                            ":verify_asan_link_order=0:quarantine_size_mb=16"}

    def __getitem__(self, name):
        return struct.unpack_from("=q", self.slots, 8 * self.NAMES.index(name))[0]

    def __setitem__(self, name, value):
        struct.pack_into("=q", self.slots, 8 * self.NAMES.index(name), value)


class Daemon:
    """One fareboxd with a folder of its own; it may be started again and again."""

    def __init__(self, programs, folder, config, overrides=None, environment=None):
        self.programs = pathlib.Path(programs)
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.socket = str(self.folder / "farebox.sock")
        self.data_base = self.folder / "store" / "farebox.db"
        self.mark = self.folder / "mark" / "farebox.mark"
        self.secrets = self.folder / "secrets"
        self.config = config
        self.environment = environment or {}
        self.overrides = {
            "store.path": self.data_base, "store.mark": self.mark, "http.port": self.port,
            "http.socket": self.socket, "log.target": "file",
            "log.file": self.folder / "fareboxd.log", **(overrides or {})}
        for part in (self.data_base.parent, self.mark.parent, self.secrets):
            part.mkdir(mode=0o700, exist_ok=True)
        self.process = None

    def secret(self, name):
        """The file of an operator's password."""
        file = self.secrets / name
        if not file.exists():
            file.write_text(secrets.token_hex(4))
            file.chmod(0o600)
        return file

    def launch(self, **popen):
        """Starts it and does not wait."""
        command = [self.programs / "fareboxd", "--config", self.config]
        for key, value in self.overrides.items():
            command += ["--set", f"{key}={value}"]
        environment = {**os.environ, "CREDENTIALS_DIRECTORY": str(self.secrets),
                       **self.environment}
        with open(self.folder / "fareboxd.stderr", "a") as errors:
            self.process = subprocess.Popen(command, env=environment, stderr=errors, **popen)

    def start(self, seconds=30, **popen):
        """Starts it; returns after how many seconds it was ready."""
        began = time.monotonic()
        self.launch(**popen)

        def ready():
            if self.process.poll() is not None:
                raise Trouble(f"the daemon ended with status {self.process.returncode}; see "
                              f"{self.folder}/fareboxd.log and fareboxd.stderr")
            return self.is_ready()
        wait_until(f"the daemon is ready; see {self.folder}/fareboxd.log", seconds, ready, 0.02)
        return time.monotonic() - began

    def is_ready(self):
        try:
            return self.request("/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def request(self, path, token=None):
        """Status and body of a GET of the public API."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        fields = {"Accept": "application/json"}
        if token:
            fields["Authorization"] = "Bearer " + token
        with contextlib.closing(connection):
            connection.request("GET", path, headers=fields)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def get(self, path, token=None):
        """The JSON of an answer 200; nothing for any other."""
        status, body = self.request(path, token)
        return json.loads(body) if status == 200 else None

    def status(self):
        return self.get("/status")

    def alarms(self):
        return [alarm["what"] for alarm in self.status()["alarms"]]

    def administer(self, path):
        with contextlib.closing(UnixConnection(self.socket)) as connection:
            connection.request("GET", "/admin/v1" + path)
            answer = connection.getresponse()
            body = json.loads(answer.read())
            if answer.status != 200:
                raise Trouble(f"{path}: {body}")
            return body

    def messages(self):
        """All messages, newest first, with whole phone numbers."""
        before = ""
        while True:
            page = self.administer(f"/messages?full=1&limit=500{before}")
            yield from page["messages"]
            if not page["next"]:
                return
            before = "&before=" + page["next"]

    def farebox(self, *arguments):
        done = subprocess.run([self.programs / "farebox", "--socket", self.socket, "--json",
                               *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            raise Trouble(f"farebox {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def add_partner(self, partner, name):
        """Returns the partner's token."""
        self.farebox("partner", "add", name, "--id", partner)
        self.farebox("partner", "approve", partner)
        return self.farebox("partner", "token", "add", partner)["token"]

    def add_service(self, partner, number, title, site, **settings):
        sets = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        self.farebox("service", "add", partner, "--number", str(number), "--kind", "lock",
                     "--title", title, "--site", site, *sets)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=20):
        """By SIGTERM; returns the exit status."""
        if not self.process:
            return None
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Trouble(f"the daemon did not end within {seconds} s of SIGTERM") from None

    def rows(self, sql, *values):
        """Asks the data base, read-only, while nobody has it open."""
        where = f"file:{self.data_base}?mode=ro"
        with contextlib.closing(sqlite3.connect(where, uri=True)) as base:
            base.row_factory = sqlite3.Row
            return base.execute(sql, values).fetchall()

    def log(self):
        """What it has said, in its log and before it had one."""
        return [line for file in ("fareboxd.stderr", "fareboxd.log")
                if (self.folder / file).exists()
                for line in (self.folder / file).read_text(errors="replace").splitlines()]


class Smsc:
    """One farebox-smsc, with its ledger and its summary."""

    def __init__(self, daemon, name, port, *arguments):
        self.name = name
        self.finishing = False
        self.folder = daemon.folder
        self.ledger_file = self.folder / f"{name}.ledger"
        self.summary_file = self.folder / f"{name}.summary"
        command = [daemon.programs / "farebox-smsc", "--listen", f"127.0.0.1:{port}",
                   "--system-id", "farebox", "--password-file", daemon.secret(name),
                   "--ledger", self.ledger_file, "--json", *map(str, arguments)]
        with open(self.summary_file, "w") as out, open(self.folder / f"{name}.log", "w") as log:
            self.process = subprocess.Popen(command, stdout=out, stderr=log)

    def is_running(self):
        return self.process.poll() is None

    def cut(self):
        self.process.send_signal(signal.SIGUSR1)

    def finish(self):
        """No new messages; what is under way goes on. A second signal would end that too."""
        if self.is_running() and not self.finishing:
            self.process.terminate()
        self.finishing = True

    def end(self, seconds=30):
        self.finish()
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def ledger(self):
        with open(self.ledger_file, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def summary(self):
        return json.loads(self.summary_file.read_text())


class Findings:
    """What is wrong, by kind, with the first example of each."""

    def __init__(self):
        self.kinds = {}

    def add(self, kind, example):
        count, first = self.kinds.get(kind, (0, example))
        self.kinds[kind] = (count + 1, first)

    def report(self):
        for kind, (count, first) in self.kinds.items():
            print(f"WRONG: {kind}: {count}, the first: {first}")


def masked(phone):
    return f"{phone[:4]}...{phone[-3:]}"


def scratch_folder(name, keep=False):
    """A folder under the system's temporary one, removed at the end unless it is to be kept."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"farebox-{name}-"))
    if not keep:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


# ---- a configuration for trouble: quick to notice, quick to come back ----

PARTNER = "104723"
ON_MO, ON_MT = "on_mo", "on_mt"
CODE_PATTERN = "([A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5})"
PLAIN_BINDS = {"a": "transceiver", "b": "transceiver"}
SPLIT_BINDS = {"out": "transmitter", "in": "receiver"}


class Operator:
    """A pretended operator: how it charges, and where its centre listens."""

    def __init__(self, name, charged=ON_MO, receipts=False, binds=None, **settings):
        self.name = name
        self.receipts = receipts
        self.charged = charged
        self.code = "1234" if charged == ON_MO else "5678"
        self.price, self.currency = ("60.00", "RUB") if charged == ON_MO else ("1.50", "EUR")
        self.vat, self.share = (20, 45) if charged == ON_MO else (22, 40)
        self.binds = binds or (PLAIN_BINDS if charged == ON_MO else SPLIT_BINDS)
        self.settings = settings
        self.port = free_port()

    def split(self):
        """What a bill must hold, in millionths, worked out without the daemon's help: VAT and
        operator's share of the net price and 1 % of the gross for the platform, half-up."""
        def rounded(amount, part, whole):
            return (2 * amount * part + whole) // (2 * whole)
        gross = int(float(self.price) * 1_000_000)
        vat = rounded(gross, self.vat, 100 + self.vat)
        share, fee = rounded(gross - vat, self.share, 100), rounded(gross, 1, 100)
        return gross, vat, share, fee, gross - vat - share - fee

    def configuration(self):
        bind = {"hosts": [f"127.0.0.1:{self.port}"], "system_id": "farebox", "window": 50,
                "password_credential": self.name, "reconnect_delay": "100ms",
                "reconnect_delay_max": "300ms", "enquire_link_interval": "1s",
                "response_timeout": "10s"}
        return {"name": self.name, "country": "RU" if self.charged == ON_MO else "EE",
                "redelivery": {"proof_delay": "100ms"}, "retry_delay": "200ms",
                "binds": [{"name": name, "type": role, **bind}
                          for name, role in self.binds.items()], **self.settings}

    def tariff(self):
        return {"operator": self.name, "short_code": self.code, "from": "2020-01-01",
                "currency": self.currency, "price": self.price, "charged": self.charged,
                "vat": f"{self.vat}%", "operator_share": f"{self.share}%",
                "reply": {"receipts": self.receipts}}


def write_configuration(path, operators, **sections):
    """JSON is YAML."""
    def short_code(number, country):
        return {"number": number, "country": country, "general": ["RR"], "help": "?",
                "dedicated": [{"keyword": "LOCK", "partner": PARTNER, "service": 1}]}
    pathlib.Path(path).write_text(json.dumps({
        "operators": [operator.configuration() for operator in operators],
        "tariffs": [operator.tariff() for operator in operators],
        "terms": [{"from": "2020-01-01", "platform_fee": "1%"}],
        "short_codes": [short_code("1234", "RU"), short_code("5678", "EE")], **sections}))
    return path


def open_shop(daemon):
    """A partner with a service that gives out codes; returns the partner's token."""
    token = daemon.add_partner(PARTNER, "Archive Ltd")
    daemon.add_service(PARTNER, 1, "Archive", "archive.example", uses=1, text="Your code {code}")
    return token
