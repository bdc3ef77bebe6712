"""The doors: how HTTP becomes an operation and its answer. This room opens capabilities and never the database."""
