from pronghorn import Query

LIMIT = Query(default_factory=10)
