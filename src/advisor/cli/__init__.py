"""The command line: reads flags, calls workflows, writes documents and tables. No domain logic."""
