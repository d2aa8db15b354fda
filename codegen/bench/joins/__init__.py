"""`codegen bench joins`: the truth as the model, so that what isn't exact is our own fault.

A piece of a real file is removed, the cursor put there as an editor leaves it, and a scripted
model writes the removed piece. Whatever is suggested instead was made of it by codegen.
"""
