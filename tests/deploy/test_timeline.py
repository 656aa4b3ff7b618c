"""What is going on, by AWS's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from stackyard.aws.cloudformation import STACK, Event
from stackyard.deploy.durations import Durations, Usual, estimates
from stackyard.deploy.events import Progress, Started
from stackyard.deploy.timeline import Timeline, waits
from tests.observe.test_diff import system

START = datetime(2020, 1, 1, tzinfo=UTC)  # far from this machine's clock


def seen(second: int, name: str, status: str, kind: str = "AWS::SQS::Queue") -> Progress:
    *path, logical_id = name.split("/")
    time = START + timedelta(seconds=second)
    return Progress(tuple(path), Event(name, "stack", logical_id, "id", kind, status, "", time, ""))


class Clock:
    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_running_time_is_awss_and_not_this_machines_clock() -> None:
    clock = Clock()
    timeline = Timeline(clock=clock)
    timeline.see(seen(0, "Queue", "CREATE_IN_PROGRESS"))
    clock.seconds += 42
    assert timeline.running(timeline.items["Queue"]) == 42


def test_whoever_attaches_late_is_told_the_whole_time() -> None:
    timeline = Timeline(clock=Clock())
    timeline.begin(Started("create", "shop", "id", START + timedelta(minutes=20)))
    timeline.see(seen(0, "Queue", "CREATE_IN_PROGRESS"))
    assert timeline.running(timeline.items["Queue"]) == 1200


def test_what_it_took_is_the_time_between_two_events() -> None:
    timeline = Timeline()
    timeline.see(seen(3, "Queue", "CREATE_IN_PROGRESS"))
    timeline.see(seen(4, "Queue", "CREATE_IN_PROGRESS"))  # told twice by AWS
    timeline.see(seen(10, "Queue", "CREATE_COMPLETE"))
    assert timeline.took == {("create", "Queue", "AWS::SQS::Queue"): 7}


def test_an_event_that_comes_late_turns_nothing_back() -> None:
    timeline = Timeline()
    timeline.see(seen(10, "Queue", "CREATE_COMPLETE"))
    timeline.see(seen(3, "Queue", "CREATE_IN_PROGRESS"))
    assert timeline.items["Queue"].is_over


def test_what_has_not_begun_waits_for_what_is_not_there() -> None:
    timeline = Timeline({"Api": frozenset({"Network", "Database"}), "Network": frozenset()})
    timeline.begin(Started("create", "shop", "id"))
    timeline.see(seen(1, "Network", "CREATE_IN_PROGRESS", STACK))
    assert timeline.missing("Api") == ["Network"]
    timeline.see(seen(2, "Network", "CREATE_COMPLETE", STACK))
    assert timeline.missing("Api") == []


def test_stacks_come_before_what_is_nested_in_them() -> None:
    timeline = Timeline()
    for name in ("Api/Inner", "Api", "Network"):
        timeline.see(seen(1, name, "CREATE_IN_PROGRESS", STACK))
    names = [item.name for item in timeline.stacks()]
    assert names.index("") == 0
    assert names.index("Api") < names.index("Api/Inner")


def test_references_and_dependencies_between_neighbours_are_waited_for() -> None:
    found = waits(system("dev"))
    assert found["Jobs"] == frozenset()
    assert set(found) == {"Topic", "Jobs", "Jobs/Queue"}


def test_an_earlier_run_of_the_same_stack_counts_before_others_and_both_before_a_guess(
    tmp_path: Path,
) -> None:
    path = tmp_path / "durations.json"
    database = "AWS::RDS::DBInstance"
    own, other = Durations(path, "shop-dev"), Durations(path, "shop-production")
    guess = own.usual("create", "Database/Instance", database)
    assert guess == Usual(estimates()[database]["create"], True)
    own.remember({("create", "Database/Instance", database): 300.0})
    other = Durations(path, "shop-production")
    assert other.usual("create", "Database/Instance", database) == Usual(300.0, False)
    other.remember({("create", "Database/Instance", database): 500.0})
    assert Durations(path, "shop-dev").usual("create", "Database/Instance", database) == Usual(
        300.0, False
    )


def test_the_last_five_runs_are_remembered(tmp_path: Path) -> None:
    path = tmp_path / "durations.json"
    for seconds in (1000.0, 1000.0, 1000.0, 10.0, 10.0, 10.0, 10.0, 10.0):
        Durations(path, "s").remember({("create", "Q", "T"): seconds})
    assert Durations(path, "s").usual("create", "Q", "T") == Usual(10.0, False)


def test_nobody_knows_how_long_an_unknown_type_takes(tmp_path: Path) -> None:
    assert Durations(None, "s").usual("create", "Queue", "AWS::SQS::Queue") is None


def test_a_file_that_is_no_json_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "durations.json"
    path.write_text("{")
    Durations(path, "s").remember({("create", "Q", "T"): 1.0})
    assert Durations(path, "s").usual("create", "Q", "T") == Usual(1.0, False)
