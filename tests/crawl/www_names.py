"""Scrapy's command with each ``www.`` name resolved as the name without it."""

import socket

from scrapy.cmdline import execute

if __name__ == "__main__":
    look_up = socket.gethostbyname
    socket.gethostbyname = lambda name: look_up(name.removeprefix("www."))
    execute()
