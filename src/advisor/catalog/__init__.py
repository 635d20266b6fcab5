"""Instances, accelerators, models, engines, prices and reports: their records and how they are read."""
