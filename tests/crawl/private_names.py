"""Scrapy's command where every name leads to a private address, for the test of what is made of that."""

import socket

from scrapy.cmdline import execute

if __name__ == "__main__":
    socket.gethostbyname = lambda name: "10.1.2.3"
    execute()
