"""The embedded account: AWS on loopback, from MiniStack and what we add to it."""
