"""The actions of the shop. They do not depend on HTTP, so commands and jobs can call them too."""
