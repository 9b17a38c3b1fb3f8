"""`tessera server …` whose requests wait for Postgres to count them, however long that takes.

`python -m tests.support.patient_server api`. What goes on uncounted while Postgres is slow is
beyond the limit, and how much that is depends on the machine.
"""

import sys

from tessera_sdk.cli import main

from api.rate_limits import RateLimits

if __name__ == "__main__":
    defaults = RateLimits.__init__.__kwdefaults__
    assert defaults is not None
    defaults["patience"] = 60.0
    sys.argv.insert(1, "server")
    main()
