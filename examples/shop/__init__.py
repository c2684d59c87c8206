"""A small shop: accounts, tokens, items and orders, laid out as a project that may grow.

A request goes down through these packages, and no package imports one above it:

    main      puts the application together
    routers   HTTP: paths, status codes, who may call; hands over to a service
    services  what the shop does; knows nothing of HTTP
    schemas   what clients send and receive
    models    what the database keeps
    core      settings, credentials, the database itself, and what outlives a request
"""
