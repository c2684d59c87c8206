"""What a program may write beside a route: the options, their inheritance, the HTTP methods."""
