"""The services' operations and shapes in their own words: what both halves of this library say to each other.

One module per capability, imported by name (`userpool.wire.sign_up`), so that nobody pays for shapes that
they do not use.

Rules of this room: no I/O, no clock, no randomness; the modules that say "Generated" in their first line are
made by tools/generate_wire.py from the public service model and are never edited by hand.

Sources: design.md §5; the public service model, botocore.
"""
