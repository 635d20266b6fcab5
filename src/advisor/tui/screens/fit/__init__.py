"""The Fit room: the question in fields, its verdict, the matrix of all instances, and the proof on a live server."""
