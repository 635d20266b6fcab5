"""Will this checkpoint run on this instance, with which parallelism, and why not."""
