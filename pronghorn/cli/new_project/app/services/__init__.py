"""The actions. They do not depend on HTTP, so commands and jobs can call them too."""
