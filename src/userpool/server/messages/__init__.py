"""Messages to people: what they say, how they wait to leave, and who takes them."""
