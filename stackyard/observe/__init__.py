"""What there is: status, outputs, resources, events, logs, drift, differences. Nothing prints."""
