"""Serve an application from the replicas of Ray Serve, beside the models that it asks.

    from ray import serve
    from pronghorn import FastAPI
    from pronghorn.ray import ingress

    app = FastAPI()

    @serve.deployment(num_replicas=2)
    @ingress(app)
    class Lengths:
        @app.get("/double/{number}")
        def double(self, number: int) -> int:
            return 2 * number

    deployment = Lengths.bind()

- `serving.py` makes a class that Ray can deploy: each replica imports the application by its name
- `names.py` gives such a class a name by which replicas import it
- `views.py` lets routes be methods of that class
"""

from pronghorn.ray.serving import ingress

__all__ = ["ingress"]
