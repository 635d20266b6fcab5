"""The charts of a published report in three columns: as published, recomputed, best evidence."""
