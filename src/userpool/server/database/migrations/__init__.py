"""Migrations: how a database that an earlier release made is brought up to date.

To change the schema: change `tables.py`, add a file to `versions/` with Alembic's operations that lead there from the
newest one, and raise `SCHEMA_VERSION`. A test holds the two equal.

Rules of the room:

- Alembic orders the revisions and writes their statements; our own drivers run them, each revision in one transaction.
  So a revision can't look at rows, and there is no other driver to install or second table of versions to keep.
- A revision that was released is never changed. It doesn't import `tables.py`, which goes on.
- First what is new is added, then filled, and what is old is dropped a release later: two releases may run at a time.
- There is no way back; a backup is.
"""
