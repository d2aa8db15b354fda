"""The red team: attacks on the sandbox and the judge, shipped for every user to repeat."""
