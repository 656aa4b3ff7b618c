"""A troposphere template as JSON data, in one pass.

troposphere's own ``to_dict`` walks what it has encoded once more on every level above it.
"""

from __future__ import annotations

from typing import Any

from troposphere import AWSHelperFn, BaseAWSObject, Template, encode_to_dict

PLAIN = (str, int, float, bool, type(None))


def data(t: Template) -> dict[str, Any]:
    """Return *t* as ``t.to_dict()`` does.

    Raises:
        ValueError: a property is missing or a validator of troposphere refuses one.
    """
    sections = {
        "Description": t.description,
        "Metadata": t.metadata,
        "Conditions": t.conditions,
        "Mappings": t.mappings,
        "Outputs": t.outputs,
        "Parameters": t.parameters,
        "AWSTemplateFormatVersion": t.version,
        "Transform": t.transform,
        "Rules": t.rules,
        "Globals": t.globals,
    }
    given = {name: _data(content) for name, content in sections.items() if content}
    return {**given, "Resources": _data(t.resources)}


def _data(value: Any) -> Any:
    kind = type(value)
    if kind in PLAIN:
        return value
    if kind is dict:
        # most are texts: this spares half of the calls
        return {k: item if type(item) is str else _data(item) for k, item in value.items()}
    if kind is list or kind is tuple:
        return [_data(item) for item in value]
    how = getattr(kind, "to_dict", None)
    if how is AWSHelperFn.to_dict:
        return _data(value.data)
    if how is BaseAWSObject.to_dict and value.properties:
        if value.do_validation:
            value._validate_props()
            value.validate()
        return _data(value.resource)
    return encode_to_dict(value)  # what has a way of its own
