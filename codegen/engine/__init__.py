"""The engine: a loaded model and its KV cache; tokens in, a stream of steps out."""
