"""Servers that tests script byte by byte: raw sockets, so that every fault can be produced on purpose."""
