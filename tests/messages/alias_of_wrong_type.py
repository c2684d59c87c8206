from pronghorn import Query

LIMIT = Query(10, alias=1)
