"""The database: the seam between what a pool remembers and where it is kept.

The dialect is known in this room only. Capabilities get records from the functions of the modules named after what they
keep (`pools`, `users`, `credentials`, `codes`, `sessions`, ...), each of which takes a transaction first.
"""
