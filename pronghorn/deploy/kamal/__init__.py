"""Deploy to own servers with Kamal 2, which builds, reaches them by SSH and switches its proxy.

- `settings.py` derives names, roles and servers from the configuration
- `files.py` writes `config/deploy.yml`, `.kamal/secrets` and the hook for migrations
- `checking.py` finds what is wrong before anything is touched
- `program.py` runs the commands of Kamal, and `reading.py` reads what they print
- `release.py` deploys and rolls back; `target.py` puts it together
"""

from pronghorn.deploy.kamal.target import Kamal

__all__ = ["Kamal"]
