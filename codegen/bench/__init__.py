"""How fast codegen is, measured; only `codegen bench` and development import this.

`rounds` measures the engine beside llama.cpp, `decoding` times single requests. Importing this
package imports none of them.
"""
