"""Runs the Python blocks of one page, which come in as lines of JSON, in one namespace."""

import contextlib
import io
import json
import sys
import traceback

names = {"__name__": "__main__"}
answers = sys.stdout
for line in sys.stdin:
    said, failed = io.StringIO(), False
    with contextlib.redirect_stdout(said):
        try:
            exec(compile(json.loads(line), "<page>", "exec"), names)
        except Exception:
            failed = True
            traceback.print_exc(file=said)
    print(json.dumps([failed, said.getvalue()]), file=answers, flush=True)
