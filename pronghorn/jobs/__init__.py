"""Jobs: functions that run later, in any process of the program, however it ends meanwhile.

    jobs = Jobs(db)
    app = FastAPI(lifespan=db.lifespan, jobs=jobs)

    @jobs.task(queue="mail", timeout="30s")
    async def send_receipt(order_id: int, mailer: MailerDep) -> None: ...

    await jobs.enqueue(send_receipt, order.id, session=session)

It needs the extra `jobs`.
"""

from pronghorn.jobs.call import Call
from pronghorn.jobs.errors import BadJobError, UnknownJobError
from pronghorn.jobs.info import AttemptInfo, JobInfo, JobRef, State
from pronghorn.jobs.job import Attempt, Job, current_job
from pronghorn.jobs.jobs import Jobs
from pronghorn.jobs.times import in_
from pronghorn.jobs.worker import Worker

__all__ = [
    "Attempt",
    "AttemptInfo",
    "BadJobError",
    "Call",
    "Job",
    "JobInfo",
    "JobRef",
    "Jobs",
    "State",
    "UnknownJobError",
    "Worker",
    "current_job",
    "in_",
]
