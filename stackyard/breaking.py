"""What a change of the templates breaks for those who use a release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from stackyard.documents import nearest
from stackyard.narrower import refusals

Level = Literal["major", "minor"]
# Bounds of a parameter, and whether a greater value takes something away
BOUNDS = {"MinValue": True, "MaxValue": False, "MinLength": True, "MaxLength": False}


# What becomes of data, by how much of it is left
KEPT = {"Delete": 0, "Snapshot": 1, "RetainExceptOnCreate": 2, "Retain": 2}
POLICIES = {"DeletionPolicy": "deleted", "UpdateReplacePolicy": "replaced"}


@dataclass(frozen=True, order=True)
class Change:
    """One thing that users of a release would notice.

    Attributes:
        level: what kind of release it asks for.
        template: ``components/queue``.
        name: of the parameter, output or resource; empty if it is the whole template.
        what: has become of it.
    """

    level: Level
    template: str
    name: str
    what: str

    def __str__(self) -> str:
        where = f"{self.template} {self.name}".rstrip()
        return f"{self.level}: {where}: {self.what}"


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return what is different between two frozen libraries, breaking changes first."""
    found: list[Change] = []
    for path in sorted({*old, *new}):
        if path not in new:
            found.append(Change("major", path, path, "is gone"))
        elif path not in old:
            found.append(Change("minor", path, "", "is new"))
        else:
            before, after = old[path], new[path]
            found += _parameters(path, before, after)
            found += _rules(path, before, after)
            found += _outputs(path, before["outputs"], after["outputs"])
            found += _stateful(path, before["stateful"], after["stateful"])
            found += _resources(path, before, after)
    return sorted(found)


def _parameters(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    old, new = before["parameters"], after["parameters"]
    fixed = _named_by_fixed(after["stateful"])
    for name in old.keys() - new.keys():
        yield Change("major", path, name, f"parameter is gone; {_renamed(name, old, new)}")
    for name in new.keys() - old.keys():
        optional = "Default" in new[name]
        what = "new parameter" if optional else "new parameter without a default"
        yield Change("minor" if optional else "major", path, name, what)
    for name in old.keys() & new.keys():
        for level, what in _declaration(old[name], new[name], is_fixed=name in fixed):
            yield Change(level, path, name, what)


def _declaration(
    old: Mapping[str, Any], new: Mapping[str, Any], *, is_fixed: bool
) -> Iterator[tuple[Level, str]]:
    if old["Type"] != new["Type"]:
        yield "major", f"type {old['Type']} becomes {new['Type']}"
    if "Default" in old and "Default" not in new:
        yield "major", "has no default any more"
    elif old.get("Default") != new.get("Default") and "Default" in old:
        what = f"default {old['Default']!r} becomes {new['Default']!r}"
        if is_fixed:
            yield "major", f"{what}, which replaces a resource that holds data"
        else:
            yield "minor", what
    taken = {*map(str, old.get("AllowedValues", ()))} - {*map(str, new.get("AllowedValues", ()))}
    if "AllowedValues" in new and (taken or "AllowedValues" not in old):
        yield "major", f"no longer allows {', '.join(sorted(taken)) or 'every value'}"
    if "AllowedPattern" in new and old.get("AllowedPattern") != new["AllowedPattern"]:
        yield "major", f"pattern {old.get('AllowedPattern')} becomes {new['AllowedPattern']}"
    for bound, grows in BOUNDS.items():
        was, now = old.get(bound), new.get(bound)
        if now is not None and (was is None or (now > was if grows else now < was)):
            yield "major", f"{bound} {was} becomes {now}"


def _rules(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    narrower = dict(refusals(before, after))
    old, new = before["rules"], after["rules"]
    for name in new:
        if name in narrower:
            yield Change("major", path, name, f"rule refuses what was accepted: {narrower[name]}")
        elif new[name] not in old.values():
            yield Change("minor", path, name, "rule refuses nothing that was accepted")
    for name in old.keys() - new.keys():
        if old[name] not in new.values():
            yield Change("minor", path, name, "rule is gone")


def _outputs(path: str, old: list[str], new: list[str]) -> Iterator[Change]:
    for name in {*old} - {*new}:
        hint = _renamed(name, dict.fromkeys(old), dict.fromkeys(new))
        yield Change("major", path, name, f"output is gone; {hint}")
    for name in {*new} - {*old}:
        yield Change("minor", path, name, "new output")


def _stateful(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name, was in old.items():
        now = new.get(name)
        if now is None:
            same = [k for k, v in new.items() if k not in old and v["type"] == was["type"]]
            hint = f"is it {same[0]}? a new logical id is a new resource" if same else "data goes"
            yield Change("major", path, name, f"{was['type']} is gone; {hint}")
        elif now["type"] != was["type"]:
            yield Change("major", path, name, f"{was['type']} becomes {now['type']}")
        else:
            fixed = {**was["fixed"], **now["fixed"]}
            for key in fixed:
                if was["fixed"].get(key) != now["fixed"].get(key):
                    yield Change("major", path, name, f"{key} changes, which replaces it")
            for level, what in _policies(was["policies"], now["policies"]):
                yield Change(level, path, name, what)
            if any(was.get(key) != now.get(key) for key in ("condition", "stacks")):
                yield Change("major", path, name, "exists under another condition")


def _policies(was: list[str], now: list[str]) -> Iterator[tuple[Level, str]]:
    for (policy, event), old, new in zip(POLICIES.items(), was, now, strict=True):
        if old != new:
            # what is no name is an intrinsic function, which may come to anything
            weaker = KEPT.get(str(new), 0) < KEPT.get(str(old), 0)
            less = f", which keeps less when it is {event}" if weaker else ""
            yield "major" if weaker else "minor", f"{policy} {old} becomes {new}{less}"


def _resources(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Yield what becomes of the resources without data: nobody's contract, but worth a line."""
    old, new = before["resources"], after["resources"]
    for name in old.keys() - before["stateful"].keys():
        if name not in new:
            yield Change("minor", path, name, f"{old[name]} is gone")
        elif old[name] != new[name]:
            yield Change("minor", path, name, f"{old[name]} becomes {new[name]}")
    for name in new.keys() - old.keys():
        yield Change("minor", path, name, f"new {new[name]}")


def _named_by_fixed(stateful: Mapping[str, Any]) -> set[str]:
    """Return the parameters in the properties that replace a resource of this very template."""
    own = [one["fixed"] for path, one in stateful.items() if "/" not in path]
    return {name for fixed in own for _, *names in fixed.values() for name in names}


def _renamed(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    hint = nearest(name, [one for one in new if one not in old])
    return hint.replace("did you mean", "was it renamed to").strip() or "keep it"
