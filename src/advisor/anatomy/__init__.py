"""Llama 4 as arithmetic: parameters, checkpoint bytes, KV cache and bytes read per decode step."""
