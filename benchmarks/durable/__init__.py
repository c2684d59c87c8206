"""`make bench-durable`: jobs beside other queues, and messages to many subscribers.

| module | |
|---|---|
| `__main__` | the command |
| `environment` | the environment with the peers |
| `stores`, `servers` | the databases, and what has to be done on their servers |
| `contestants` | the rows of the table |
| `with_jobs`, `with_dbos`, `with_procrastinate`, `with_taskiq` | one job, as each of them does it |
| `drive`, `notes` | a process that enqueues, runs or waits for jobs, and what it notes |
| `queues` | the measurements of a contestant |
| `delivery`, `feed_app`, `publish`, `clients` | one channel with many subscribers |
| `report` | the tables |
"""
