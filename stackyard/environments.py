"""Parameter sets: what ``params/<blueprint>/`` says of each environment, merged and checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from stackyard.declared import Declaration, declarations
from stackyard.documents import Document, Place, nearest
from stackyard.errors import BuildError
from stackyard.findings import Finding
from stackyard.library import known
from stackyard.rules import Violation, violations
from stackyard.settings import DESTROY_RULES, MOST_TAGS, Reader, Settings

if TYPE_CHECKING:
    from stackyard.images.source import Source

COMMON = "common"
# the name is part of file names and of many a stack's
ENVIRONMENT = re.compile(r"[a-z][a-z0-9-]*")


class ParameterSet(NamedTuple):
    """A blueprint's stack in one environment.

    Attributes:
        blueprint: name of the blueprint.
        environment: name of the environment.
        stack_name: name of the root stack.
        regions: where it may be deployed; the first is where it is deployed.
        tags: tags of the stack.
        termination_protection: whether the stack refuses to be deleted.
        parameters: values in the template's order, lists comma-joined, flags ``true``/``false``.
        locations: where each key stands: ``stack_name``, ``tags.project``, ``AzCount``.
        destroy: what destroying the stack does with its data.
        handed: parameters that stages of the blueprint give, each with its stage.
        is_stage: whether another blueprint names this one as its stage.
        image: what the application's image is built from, None if deploy builds none.
        migrations: words of the command that a new image runs once, before it serves.
    """

    blueprint: str
    environment: str
    stack_name: str
    regions: tuple[str, ...]
    tags: Mapping[str, str]
    termination_protection: bool
    parameters: Mapping[str, str]
    locations: Mapping[str, Place]
    destroy: str = DESTROY_RULES[0]
    handed: Mapping[str, str] = MappingProxyType({})
    is_stage: bool = False
    image: Source | None = None
    migrations: tuple[str, ...] = ()


def load(
    params_dir: Path,
    blueprint: str,
    body: Mapping[str, Any],
    handed: Callable[[str], Mapping[str, str]] = lambda _: {},
) -> tuple[list[ParameterSet], list[Finding]]:
    """Return the parameter sets of a blueprint and everything that is wrong with its files.

    Args:
        params_dir: the ``params`` folder.
        blueprint: name of the blueprint.
        body: its template as plain data.
        handed: returns the parameters that stages give in an environment, each with its stage.

    Returns:
        The sets in which nothing is wrong, by name of the environment, and all findings.

    Raises:
        BuildError: the folder cannot be read.
    """
    folder = params_dir / blueprint
    shown = f"{params_dir.name}/{blueprint}"
    declared = declarations(body)
    findings: list[Finding] = []
    common: Settings | None = Settings(Place(""))
    if f"{COMMON}.yaml" in _file_names(folder):
        document = Document(f"{shown}/{COMMON}.yaml", "", findings)
        common = Reader(document, declared).read(folder / f"{COMMON}.yaml", is_common=True)
    common_is_sound = not findings
    names = environments(params_dir, blueprint)
    sets, found = [], {}
    for name in names:
        before = len(findings)
        document = Document(f"{shown}/{name}.yaml", name, findings)
        own = Reader(document, declared).read(folder / f"{name}.yaml", is_common=False)
        if own is None or common is None:
            continue
        found[name] = own
        merged = _merged(common, own)
        taken = handed(name)
        _check(document, blueprint, body, merged, taken)
        if common_is_sound and len(findings) == before:
            made = _parameter_set(blueprint, name, merged, declared)
            sets.append(made._replace(handed=taken))
    everywhere = Document("", "", findings)
    if common and found and len(found) == len(names):
        _complain_of_overridden(everywhere, common, found)
    _complain_of_shared_names(everywhere, found)
    _complain_of_file_names(everywhere, folder, shown)
    return sets, sorted(findings)


def environments(params_dir: Path, blueprint: str) -> list[str]:
    """Return the names of the environments that a blueprint has files for.

    Raises:
        BuildError: the folder cannot be read.
    """
    paths = map(Path, _file_names(params_dir / blueprint))
    return [path.stem for path in paths if path.suffix == ".yaml" and path.stem != COMMON]


def choose(params_dir: Path, blueprint: str, environment: str) -> str:
    """Return *environment* if the blueprint has it.

    Raises:
        BuildError: it has not; the message gives the nearest name and all that exist.
    """
    folder = f"{params_dir.name}/{blueprint}"
    names = environments(params_dir, blueprint)
    if not names:
        raise BuildError(f"{folder}: no environments; write {folder}/{environment}.yaml")
    return known("environment", environment, names, folder)


def strays(params_dir: Path, blueprints: Collection[str]) -> list[Finding]:
    """Return a finding for every folder of *params_dir* that belongs to no blueprint."""
    document = Document("")
    for name in _file_names(params_dir):
        if name not in blueprints and (params_dir / name).is_dir():
            hint = nearest(name, blueprints)
            message = f"no blueprint {name!r}; {hint}known: {', '.join(sorted(blueprints))}"
            document.complain(Place(f"{params_dir.name}/{name}"), message)
    return document.findings


def _file_names(folder: Path) -> list[str]:
    """Return what is in *folder*, sorted; nothing if there is no such folder."""
    try:
        return sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BuildError(f"{folder}: cannot be read: {reason}; make it a readable folder") from None


def _merged(common: Settings, own: Settings) -> Settings:
    """Return what both say together; what the environment says wins, even if it is faulty."""

    def inherited(prefix: str, values: Mapping[str, str]) -> dict[str, str]:
        return {key: v for key, v in values.items() if f"{prefix}{key}" not in own.places}

    regions = own if "regions" in own.places else common
    protection = own if "termination_protection" in own.places else common
    destroy = own if "destroy" in own.places else common
    image = own if "image" in own.places else common
    migrations = own if "migrations" in own.places else common
    return Settings(
        start=own.start,
        stack_name=own.stack_name,
        regions=regions.regions,
        termination_protection=protection.termination_protection,
        destroy=destroy.destroy,
        image=image.image,
        migrations=migrations.migrations,
        tags={**inherited("tags.", common.tags), **own.tags},
        parameters={**inherited("", common.parameters), **own.parameters},
        places={**common.places, **own.places},
    )


def _check(
    document: Document,
    blueprint: str,
    body: Mapping[str, Any],
    merged: Settings,
    handed: Mapping[str, str],
) -> None:
    """Complain of what an environment lacks and of the rules that it breaks."""
    top = Place(document.file, 1, 1)
    if "stack_name" not in merged.places:
        name = f"{blueprint}-{document.subject}"
        document.complain(top, f"no stack_name; add for example stack_name: {name}")
    if "regions" not in merged.places:
        document.complain(top, "no regions; add for example regions: [us-east-1]")
    if len(merged.tags) > MOST_TAGS:
        message = f"{len(merged.tags)} tags with those of {COMMON}.yaml; AWS takes {MOST_TAGS}"
        document.complain(top, message)
    for name, parameter in declarations(body).items():
        if name in handed and name in merged.places:
            message = f"{name} is what {handed[name]} gives this environment; remove it here"
            document.complain(merged.places[name], message)
        elif parameter.is_required and name not in {*merged.places, *handed}:
            hint = parameter.hint or f"a {parameter.kind}"
            message = f"{name} has no value and no default; write it below parameters: {hint}"
            document.complain(merged.start, message)
    # faulty and complained of, or not there before the stage is
    unknown = {*(merged.places.keys() - merged.parameters.keys()), *handed}
    if merged.image or merged.migrations:
        from stackyard.images.source import check

        unknown |= check(document, body, merged)
    broken = {
        _in_words(violation, merged): violation
        for region in merged.regions or ()
        for violation in violations(body, merged.parameters, region, unknown)
    }
    for message, violation in broken.items():
        places = [merged.places[name] for name in violation.values if name in merged.places]
        own = [place for place in places if place.file == document.file]
        document.complain([*own, *places, merged.start][0], message)


def _in_words(violation: Violation, merged: Settings) -> str:
    """Return ``<what must hold>; here <parameter> is <value> (<where>)``."""
    said = []
    for name, value in violation.values.items():
        origin = merged.places.get(name) or ("by default" if "::" not in name else "")
        shown = "not known yet" if value is None else f'"{value}"'
        said.append(f"{name} is {shown} ({origin})" if origin else f"{name} is {shown}")
    what = violation.description.rstrip(".") or "an assertion does not hold"
    return f"{violation.rule}: {what}; here {', '.join(said)}"


def _parameter_set(
    blueprint: str, environment: str, merged: Settings, declared: Mapping[str, Declaration]
) -> ParameterSet:
    values = merged.parameters
    return ParameterSet(
        blueprint,
        environment,
        merged.stack_name or "",
        merged.regions or (),
        dict(sorted(merged.tags.items())),
        merged.termination_protection or False,
        {name: values[name] for name in declared if name in values},
        merged.places,
        merged.destroy or DESTROY_RULES[0],
        image=merged.image,
        migrations=merged.migrations or (),
    )


def _complain_of_overridden(
    document: Document, common: Settings, found: Mapping[str, Settings]
) -> None:
    for key, place in common.places.items():
        if all(key in settings.places for settings in found.values()):
            message = f"{key} is set here and again by every environment; remove it here"
            document.complain(place, message)


def _complain_of_shared_names(document: Document, found: Mapping[str, Settings]) -> None:
    owners: dict[str, str] = {}
    for environment, settings in found.items():
        name = settings.stack_name
        if name and owners.setdefault(name, environment) != environment:
            message = f"stack_name {name} is also that of {owners[name]}; choose another"
            document.complain(settings.places["stack_name"], message)


def _complain_of_file_names(document: Document, folder: Path, shown: str) -> None:
    for path in map(Path, _file_names(folder)):
        place = Place(f"{shown}/{path.name}")
        if path.suffix not in (".yaml", ".yml"):
            continue
        if path.suffix == ".yml":
            document.complain(place, f"is not read; name it {path.stem}.yaml")
        elif not ENVIRONMENT.fullmatch(path.stem):
            message = f"no environment can be called {path.stem!r}; use lower-case letters, digits"
            document.complain(place, f"{message} and hyphens")
