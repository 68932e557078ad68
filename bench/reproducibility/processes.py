"""A run that is under way, and the processes that are its ranks (Linux: /proc)."""
import os
import signal
import subprocess
import time


class Run:
    """Starts a command, whose output goes to LOG and LOG.out; the ranks are those of its processes
    that execute the program."""

    def __init__(self, command, program, log, environment=None, preexec=None):
        self.program, self.log = os.path.realpath(program), log
        with open(log, "wb") as err, open(log + ".out", "wb") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=err, env=environment, preexec_fn=preexec)

    def is_rank(self, pid):
        """Not the helper that waits for a rank's death."""
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                helps = b"--after-death-of" in file.read().split(b"\0")
            return not helps and os.readlink(f"/proc/{pid}/exe") == self.program
        except OSError:
            return False

    def ranks(self):
        """Process numbers of this run's ranks alone: their ancestor was started here."""
        parents = {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open(f"/proc/{name}/stat", encoding="latin-1") as file:
                        parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
                except OSError:
                    pass  # it has just ended
        family = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= more
        return sorted(pid for pid in family if self.is_rank(pid))

    def wait_for_first(self):
        """Until there is a rank, or the end."""
        while self.process.poll() is None and not self.ranks():
            time.sleep(0.001)

    def finished_within(self, seconds):
        try:
            self.process.wait(max(seconds, 0))
            return True
        except subprocess.TimeoutExpired:
            return False

    def gone_within(self, seconds, ranks):
        """Whether the command and these ranks of it end in time; those that do not are killed."""
        end = time.monotonic() + seconds
        gone = self.finished_within(seconds)
        while left := [pid for pid in ranks if self.is_rank(pid)]:
            if time.monotonic() > end:
                gone = False
                break
            time.sleep(0.01)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        return gone

    def out(self):
        with open(self.log + ".out", encoding="utf-8") as file:
            return file.read()

    def err(self):
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def messages(self):
        """The program's own lines; a launcher adds others."""
        return [line for line in self.err().splitlines() if line.startswith("larscale:")]
