"""Files for platforms whose own command, or whose connection to a repository, does the rest."""

from pronghorn.deploy.platforms.cloud_run import CloudRun as CloudRun
from pronghorn.deploy.platforms.fly import Fly as Fly
from pronghorn.deploy.platforms.railway import Railway as Railway
from pronghorn.deploy.platforms.render import Render as Render
