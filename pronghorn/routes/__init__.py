"""The objects that `app.routes` consists of, and how routers include each other."""
