"""The operations, one module per noun. A method only describes its request; `operations` runs it.

Ids are UUID strings. `wait` is for how many seconds the server may hold its answer until the
proposal has come to rest; `idempotency_key` is made here when it is not given.
"""
