"""`tessera demo`: the main story, played over HTTP on a real server, each step checked.

It speaks to the server as anybody would, through the client; it knows nothing of the inside.
"""

from embedded.demo.opening import play_or_bring_up

__all__ = ["play_or_bring_up"]
