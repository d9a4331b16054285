"""Connections in, text out: rows as netstat has them, as a table, JSON lines or CSV.  Pure."""
