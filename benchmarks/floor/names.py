"""What a service takes. Apart, so that the harness need not import troposphere to know it."""

NAMES = (
    *("vpc_id", "subnet_ids", "cluster_name", "listener_arn", "load_balancer_full_name"),
    *("load_balancer_group_id", "image_uri", "connection_arn", "topic_arn"),
)


def title(name: str) -> str:
    """Return the parameter's name in a template."""
    return "".join(word.capitalize() for word in name.split("_"))
