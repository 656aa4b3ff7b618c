"""What a template's parameters and pseudo parameters stand for in one stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackyard.declared import FILLED_BY_THE_TOOL
from stackyard.resolved.values import Scalar, Text, Unknown, Value, scalar, split, text

# Partition and URL suffix by the first prefix of a region that fits, as botocore's partitions.json
# has them
PARTITIONS = (
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
    ("", "aws", "amazonaws.com"),
)


def pseudo_parameters(
    region: str, account: str | None, stack_name: Scalar, path: str
) -> dict[str, Value]:
    """Return the values of ``AWS::*`` except ``AWS::NoValue`` in the stack at *path*."""
    partition, suffix = next(rest for start, *rest in PARTITIONS if region.startswith(start))
    number = account or Unknown("account", "account id")
    guid = Unknown("guid", f"guid of {path or 'the stack'}")
    start = f"arn:{partition}:cloudformation:{region}:"
    return {
        "AWS::AccountId": number,
        "AWS::NotificationARNs": [],
        "AWS::Partition": partition,
        "AWS::Region": region,
        "AWS::StackId": text((start, number, ":stack/", stack_name, "/", guid)),
        "AWS::StackName": stack_name,
        "AWS::URLSuffix": suffix,
    }


def bind(declared: Mapping[str, Any], given: Mapping[str, Value]) -> dict[str, Value]:
    """Return what ``Ref`` gives for each parameter: what is given, else its default.

    Raises:
        ValueError: one is unknown, has no value or is given as a list.
    """
    for name in given:
        if name not in declared:
            raise ValueError(f"there is no parameter {name!r}; correct the name")
    bound = {}
    for name, spec in declared.items():
        if name in given:
            value = given[name]
        elif "Default" in spec:
            value = spec["Default"]
        elif name in FILLED_BY_THE_TOOL:
            value = Unknown("parameter", name)
        else:
            raise ValueError(f"{name} has no value; give one, or declare a default")
        try:
            bound[name] = _typed(scalar(value), spec["Type"])
        except ValueError as error:
            # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html
            raise ValueError(f"{name}: {error}; join a list with commas") from None
    return bound


def _typed(value: Scalar, declared: str) -> Value:
    is_list = "CommaDelimitedList" in declared or "List<" in declared
    if declared.startswith("AWS::SSM::Parameter::Value<"):
        return Unknown("ssm", f"SSM parameter {value}", many=is_list)
    if not is_list:
        return value
    items = split(",", value) if value != "" else []
    return items if isinstance(items, Unknown) else [_stripped(item) for item in items]


def _stripped(item: Scalar) -> Scalar:
    """Return a member of a list without the spaces around it, as CloudFormation does."""
    if isinstance(item, Text):
        first, *middle, last = item.parts
        start = first.lstrip() if isinstance(first, str) else first
        end = last.rstrip() if isinstance(last, str) else last
        return text((start, *middle, end))
    return item.strip() if isinstance(item, str) else item
