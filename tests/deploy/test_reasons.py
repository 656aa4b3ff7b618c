"""The table of common reasons."""

from __future__ import annotations

import pytest

from stackyard.deploy.reasons import Reason, advice, reasons

ALL = [pytest.param(one, id=one.advice.name) for one in reasons()]


@pytest.mark.parametrize("reason", ALL)
def test_a_sample_finds_its_own_entry_before_all_others(reason: Reason) -> None:
    found = advice(reason.sample)
    assert found
    assert found.name == reason.advice.name


@pytest.mark.parametrize("reason", ALL)
def test_an_entry_says_what_it_means_what_to_do_and_who_says_so(reason: Reason) -> None:
    assert reason.advice.meaning.endswith(".")
    assert reason.advice.remedy.endswith(".")
    assert reason.advice.source.startswith(("https://docs.aws.amazon.com/", "https://repost.aws/"))


def test_there_are_thirty_and_more_of_them_each_with_a_name_of_its_own() -> None:
    names = [one.advice.name for one in reasons()]
    assert len(names) >= 30
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("text", ["", "Resource creation Initiated", "Eventual consistency check"])
def test_what_is_no_failure_finds_nothing(text: str) -> None:
    assert advice(text) is None
