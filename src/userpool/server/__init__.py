"""The pool: a user pool of your own that speaks the service's protocol.

Nothing outside this package imports it, save `userpool.testing` and the command line.
"""
