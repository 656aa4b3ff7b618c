"""The commands, one function each, in modules by what they are about."""
