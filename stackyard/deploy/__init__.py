"""What happens to a stack: plan, apply, watch, explain, destroy. Nothing here prints."""
