"""Monitors of a run: drift, the alarm hook and the report ``run.json``."""
