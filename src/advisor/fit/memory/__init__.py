"""Where the memory of a device goes: weights, overheads, KV cache, block tables."""
