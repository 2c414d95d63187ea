"""Starts moto's server on loopback, one request at a time.

moto 5.2.1 answers each request on a thread of its own and looks at a condition before it writes, without a lock: of two
conditional writes at once both can succeed. DynamoDB serialises the writes of an item.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html, 2026-11
"""

import sys

from moto import server

_run_simple = server.run_simple
server.run_simple = lambda *arguments, **named: _run_simple(*arguments, **{**named, "threaded": False})

if __name__ == "__main__":
    server.main(["-H", "127.0.0.1", "-p", sys.argv[1]])
