"""Limits on how often something is asked for: `RateLimit`, a dependency, counts in a shared store.

    limits = Limits(db)
    login_limit = RateLimit("5/minute;50/day")

    @app.post("/login", dependencies=[login_limit])

It needs the extra `limits`, and `sql` for counts in a database.
"""

from pronghorn.hooks import check_plans, mount
from pronghorn.limits.addresses import client_ip as client_ip
from pronghorn.limits.addresses import client_ip_behind as client_ip_behind
from pronghorn.limits.around import refuse_waiting_for_itself, surround_limited
from pronghorn.limits.charged import Charged as Charged
from pronghorn.limits.limits import Limits as Limits
from pronghorn.limits.rate_limit import RateLimit as RateLimit

check_plans(refuse_waiting_for_itself)
mount(surround_limited)
