"""Runs untrusted code in boxes: without network, with few files, and within limits.

A box is one program in a sandbox, from its start to its end, with all processes that it makes.
"""
