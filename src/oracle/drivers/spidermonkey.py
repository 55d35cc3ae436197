"""Driver of SpiderMonkey (the package `pythonmonkey` of PyPI): speaks the protocol of src/oracle/wire.rs. The first argument
is javascript.js, which answers."""

import json
import sys


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


try:
    import pythonmonkey
except ImportError:
    how = "%s -m pip install pythonmonkey" % sys.executable
    missing = ["the Python package 'pythonmonkey'", how]
    say(json.dumps({"protocol": 3, "name": "spidermonkey", "missing": missing}))
    sys.exit(0)

answer_to = pythonmonkey.eval("(() => {" + sys.argv[1] + "; return answerTo; })()")
version = "(pythonmonkey %s)" % pythonmonkey.__version__
say(json.dumps({"protocol": 3, "name": "spidermonkey", "version": version, "host": True}))
for line in sys.stdin:
    say(answer_to(line))
