"""The programs that are measured: one that serves rows on request, and one that is timed from its start to its end."""
import json
import os
import selectors
import subprocess
import tempfile
import time

ANSWER_TIMEOUT_S = 300
STOP_TIMEOUT_S = 10


class Unavailable(Exception):
    """The program is not there, or a row of it failed. The text says why, in one line."""


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


class Served:
    """Speaks the protocol of bench/src/serve.h. Started with its first request; what goes wrong is said at every request."""

    def __init__(self, command, needs=None, pinned=False, fresh=False):
        self.command = [str(word) for word in command]
        self.fresh = fresh  # a new process for each request
        self.pinned = pinned  # to one processor, the last: see Pinned in bench/src/main.cc
        self.needs = needs  # called before the start: makes the program, or raises Unavailable
        self.process = None
        self.failure = None

    def sample(self, row, slice_ms):
        """Nanoseconds per operation, or a gauge's figure."""
        if self.failure:
            raise Unavailable(self.failure)
        try:
            if not self.process:
                self.start()
            return self.ask(row, slice_ms)
        except Unavailable as why:
            if not self.process:
                self.failure = str(why)
            raise
        finally:
            if self.fresh:
                self.stop()

    def start(self):
        if self.needs:
            self.needs()
        self.errors = tempfile.TemporaryFile("w+")
        try:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, bufsize=1)
        except OSError as error:
            self.errors.close()
            raise Unavailable(f"{self.command[0]}: {error.strerror}") from error
        if self.pinned:
            os.sched_setaffinity(self.process.pid, {max(os.sched_getaffinity(0))})
        self.ready = selectors.DefaultSelector()
        self.ready.register(self.process.stdout, selectors.EVENT_READ)

    def ask(self, row, slice_ms):
        try:
            self.process.stdin.write(f"{row} {slice_ms}\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline() if self.ready.select(ANSWER_TIMEOUT_S) else None
        except BrokenPipeError:
            answer = ""
        if not answer:
            why = "gave no answer in time" if answer is None else "ended"
            self.errors.seek(0)
            text = f"{os.path.basename(self.command[0])} {why}: {last_line(self.errors.read())}".rstrip(": ")
            self.stop()
            raise Unavailable(text)
        answer = json.loads(answer)
        if "error" in answer:
            raise Unavailable(answer["error"])
        return answer["value"]

    def stop(self):
        """Its input ends, and it with it: so that it removes its files. What does not end in time is killed."""
        if self.process:
            try:
                self.process.stdin.close()
                self.process.wait(STOP_TIMEOUT_S)
            except (OSError, subprocess.TimeoutExpired):
                self.process.kill()
                self.process.wait()
            for stream in (self.process.stdout, self.errors):
                stream.close()
            self.process = None


class Spawned:
    """One run of a command, from its start to its end; the row is not passed on."""

    def __init__(self, command, environment=None, needs=None):
        self.command = [str(word) for word in command]
        self.environment = {**os.environ, **(environment or {})}
        self.needs = needs
        self.warm = False

    def run(self):
        begin = time.perf_counter_ns()
        try:
            # close_fds=False lets Python use vfork, which costs the same however large this process is.
            ended = subprocess.run(self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, close_fds=False, timeout=ANSWER_TIMEOUT_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"{self.command[0]}: {error}") from error
        took = time.perf_counter_ns() - begin
        if ended.returncode != 0:
            raise Unavailable(f"{' '.join(self.command)}: exit code {ended.returncode}")
        return took

    def sample(self, _row, _slice_ms):
        """Nanoseconds of the fastest of three runs: what is added to it came from outside."""
        if not self.warm:
            if self.needs:
                self.needs()
            self.run()
            self.warm = True
        return min(self.run() for _ in range(3))

    def stop(self):
        pass
