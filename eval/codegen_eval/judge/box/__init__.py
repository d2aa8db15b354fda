"""What runs inside a box. Only the standard library is there, and only these files."""
