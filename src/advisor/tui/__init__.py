"""The app: one reader of the same workflows that the command line reads. Screens join widgets to the core."""
