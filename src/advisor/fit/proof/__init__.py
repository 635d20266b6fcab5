"""What a running server or its log says, beside what was predicted."""
