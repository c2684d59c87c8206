"""Docker Compose on one host, with new containers beside the old ones until they are ready.

- `document.py` writes the compose file, `proxy.py` the configuration of HAProxy in it
- `engine.py` asks Docker
- `switch.py` starts new containers, waits, and ends the old ones
- `target.py` is the target
"""

from pronghorn.deploy.compose.target import Compose as Compose
