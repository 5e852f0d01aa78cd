"""Item pipelines: each applies one pure function of ``normalise`` to its fields and counts what it did."""
