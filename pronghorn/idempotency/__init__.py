"""Requests that may be repeated: `Idempotent`, a dependency, answers a repeat with the response.

    @app.post("/payments", dependencies=[Idempotent(db, by=current_user_id)])
    async def pay(payment: PaymentIn, session: db.Session) -> PaymentOut: ...

It needs the extra `sql`.
"""

from pronghorn.hooks import check_kept_tasks, check_plans, mount
from pronghorn.idempotency.around import (
    refuse_foreign_sessions,
    refuse_foreign_tasks,
    refuse_streams,
    surround_idempotent,
)
from pronghorn.idempotency.idempotent import Idempotent as Idempotent

check_plans(refuse_streams)
check_plans(refuse_foreign_sessions)
check_kept_tasks(refuse_foreign_tasks)
# What other batteries add to a response, such as what is left of a limit, is not kept.
mount(surround_idempotent, innermost=True)
