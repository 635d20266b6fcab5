"""Documents and files that leave the program: JSON documents, the recommendation file, schemas."""
