"""Requests that may be repeated: `Idempotent`, a dependency, answers a repeat with the response.

    @app.post("/payments", dependencies=[Idempotent(db, by=current_user_id)])
    async def pay(payment: PaymentIn, session: db.Session) -> PaymentOut: ...

It needs the extra `sql`.
"""

import pronghorn.idempotency.around  # The handler that keeps responses.
from pronghorn.idempotency.idempotent import Idempotent as Idempotent
