"""A workload in, a recommendation with reasons out: candidates, constraints, sizing, choice, flip points."""
