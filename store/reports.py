"""The reports, each of which is a few statements over many proposals."""

from store.observed import ObservedReports
from store.response_times import ResponseTimesReports
from store.sql import Sql


class Reports:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self.observed = ObservedReports(sql)
        self.response_times = ResponseTimesReports(sql)
