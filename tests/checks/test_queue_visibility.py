from __future__ import annotations

from tests.checks.systems import Body, resource, said


def worker(queue: Body, function: Body) -> list[str]:
    mapping = resource(
        "Lambda::EventSourceMapping",
        EventSourceArn={"Fn::GetAtt": "Jobs.Arn"},
        FunctionName={"Ref": "Worker"},
    )
    resources = {
        "Jobs": resource("SQS::Queue", **queue),
        "Worker": resource("Lambda::Function", **function),
        "Mapping": mapping,
    }
    return said("queue_visibility", resources)


def test_message_that_reappears_too_early_is_found() -> None:
    assert worker({"VisibilityTimeout": "300"}, {"Timeout": 60}) == [
        "dev Jobs: visibility timeout of 300 s for Worker, which may run 60 s; "
        "make it 360 s or more"
    ]


def test_six_times_the_timeout_is_enough() -> None:
    assert worker({"VisibilityTimeout": 360}, {"Timeout": "60"}) == []


def test_defaults_of_both_count() -> None:
    assert worker({}, {}) == []
    assert len(worker({}, {"Timeout": 6})) == 1


def test_mapping_of_a_queue_elsewhere_is_left_alone() -> None:
    mapping = resource("Lambda::EventSourceMapping", EventSourceArn="arn:x", FunctionName="f")
    assert said("queue_visibility", {"Mapping": mapping}) == []
