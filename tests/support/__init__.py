"""Helpers shared by tests: real servers and databases, crawls as processes, kills, sites unlike the sample site."""
