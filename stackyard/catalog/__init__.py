"""The road through Service Catalog: what is offered, who runs it, what an upgrade would do."""
