"""Deploy to a namespace of a Kubernetes cluster.

`manifests` makes what people read and commit, `folder` writes it and reads it back, `bind` adds
what belongs to one deploy only, `cluster` talks to the API server, and `release` and `rollback`
change the cluster.
"""

from pronghorn.deploy.kubernetes.target import Kubernetes

__all__ = ["Kubernetes"]
