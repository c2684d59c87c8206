"""Route objects, as `app.routes` lists them, and the inclusion of one router in another."""
