"""Scrapy's command with every host name resolved to a private address."""

import socket

from scrapy.cmdline import execute

if __name__ == "__main__":
    socket.gethostbyname = lambda name: "10.1.2.3"
    execute()
