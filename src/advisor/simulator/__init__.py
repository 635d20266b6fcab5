"""The built-in endpoint: a continuous-batching engine with stated step times, behind an OpenAI-compatible API.

What it serves is simulated, says so in every response, and is never evidence about an instance.
"""
