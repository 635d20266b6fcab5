"""How `advisor fit` asks and how it prints its answers."""
