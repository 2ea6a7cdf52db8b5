"""No random history reaches what must not be; `benchmarks/outage_histories.py` runs 10,000."""

from hypothesis import settings

from tests.dispatch.outage_histories import OutageHistory

TestOutageHistory = OutageHistory.TestCase
TestOutageHistory.settings = settings(max_examples=250, stateful_step_count=30, deadline=None)
