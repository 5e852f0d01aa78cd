"""Publish: feeds that are whole or not there."""
