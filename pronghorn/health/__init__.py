"""Health: the probes `/live` and `/ready` of an application, outside of all its layers.

app.health(ready=[db.check, Check(ping_search, timeout=5)])
"""

from pronghorn.health.check import Check as Check
