"""Starts the programs that `ci/whole` measures, one for each line of JSON, and answers with a line each.

A process's peak of memory begins with that of the process it was forked from, so this one is small.
"""
import json
import os
import subprocess
import sys
import threading
import time


def launch(line, folder, output, errors, limit):
    """Status, wall-clock and processor time in seconds, and peak memory in MB."""
    with open(output, "wb") as out, open(errors, "wb") as err:
        start = time.perf_counter()
        child = subprocess.Popen(line, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        alarm = threading.Timer(limit, child.kill)
        alarm.start()
        _, status, used = os.wait4(child.pid, 0)
        clock = time.perf_counter() - start
        alarm.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, clock, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3


for request in sys.stdin:
    print(json.dumps(launch(*json.loads(request))), flush=True)
