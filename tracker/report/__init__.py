"""Connections in, text out: rows as netstat has them, as a table, JSON lines or CSV.  Pure.

There may be millions of connections, so nothing is kept of any: what needs all of them goes
through them again.  A connection, and its row, is good only until the next one is asked for.
"""
