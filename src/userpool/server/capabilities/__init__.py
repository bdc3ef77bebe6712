"""The capabilities: one module for each thing a pool can do, its rules above its operations.

An operation is a coroutine function named like the service's operation (`SignUp` is `sign_up`) that takes a
`Context` and the request, and returns the reply or raises one of `userpool.wire.faults`. Each reads in one
order: find, check, ask, write, tell, answer. A capability never imports another one.
"""
