"""The search for a value that fits a set of schemas and not another set of them.

One schema is included in another exactly if no value fits the first and not the second; so the
search decides compatibility and finds the witness in one. What it cannot decide it says.
"""
