"""What the shop does. Nothing in here knows of HTTP; a command or a job may call it too."""
