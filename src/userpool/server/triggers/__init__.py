"""Lambda triggers: what a pool asks the functions that its LambdaConfig names, and what it makes of their replies.

- `configured`: whether a pool has a trigger at all. Every function below answers at once where it hasn't.
- `sign_up`, `authentication`, `custom_auth`, `user_migration`, `custom_message`, `custom_sender`,
  `token_generation`: the questions, one module for what belongs together.
- `events`: the shape of an event. `calling`: asking, and telling failures apart in the service's words.
- `runners`, `callables`, `endpoints`: who runs a function: Python here, an HTTP endpoint, Lambda's invoke API.

Rules of the room: no transaction is open while a function runs; a function's reply is decoded strictly; what an event
carries (passwords, codes) is never logged.
"""
