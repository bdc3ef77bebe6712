"""JSON Web Tokens as user pools sign them: RS256, and nothing else.

Rules of this room: no I/O, no clock, no randomness; the time comes in as an argument. ``cryptography`` is
opened by ``jwt`` and ``jwk`` alone, so that an SDK which only reads its own tokens does not wait for it.
"""
