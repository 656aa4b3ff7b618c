"""The road to many accounts: what is rolled out, to whom, what it changes, how it went."""
