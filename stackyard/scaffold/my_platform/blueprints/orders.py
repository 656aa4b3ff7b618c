"""Orders: two components of the library and one of our own."""

from __future__ import annotations

from troposphere import Template

from my_platform.components.ledger import ledger
from templates_src.components.alerts import alerts
from templates_src.components.queue import queue
from templates_src.contract import Component, Nesting, Value, contract, output, passed_to


@contract
class Parameters(Nesting):
    alarm_email: Value = passed_to(alerts.takes.email)
    max_receive_count: Value = passed_to(queue.takes.max_receive_count)
    deletion_protection: Value = passed_to(ledger.takes.deletion_protection)


@contract
class Outputs:
    queue_url: Value = output("URL that orders are sent to.")
    table_name: Value = output("Table that they are written down in.")


def build(t: Template, p: Parameters) -> Outputs:
    """Orders: queue, table and alarms."""
    alarms = alerts.nest(t, "Alerts", email=p.alarm_email)
    inbox = queue.nest(
        t, "Inbox", alarm_topic_arn=alarms.topic_arn, max_receive_count=p.max_receive_count
    )
    book = ledger.nest(t, "Ledger", deletion_protection=p.deletion_protection)
    return Outputs(queue_url=inbox.queue_url, table_name=book.table_name)


orders = Component(Parameters, Outputs, build)
