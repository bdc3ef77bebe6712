"""The proofs of a sign-in: SRP for both sides, device SRP, secret hashes.

Rules of this room: no I/O, no clock, no randomness. Random bytes and the time come in as arguments, from
``userpool.effects``. Nothing is imported here, so that a caller pays only for the module it opens.
"""
