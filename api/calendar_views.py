"""A team's calendar as it is shown."""

from datetime import date

from pydantic import Field

from api.views import View
from domain.working_days import WEEKDAYS, WorkCalendar


class CalendarView(View):
    """When a team works, in its own time zone."""

    time_zone: str
    workdays: list[str] = Field(examples=[["mon", "tue", "wed", "thu", "fri"]])
    opens: str = Field(examples=["09:00"])
    closes: str = Field(examples=["17:00"])
    country: str | None = Field(description="Whose public holidays are free.")
    subdivision: str | None
    holidays: list[date] = Field(
        description="The country's, as they were known when the calendar was set."
    )
    days_off: list[date] = Field(description="Those of the team's own.")

    @classmethod
    def of(cls, calendar: WorkCalendar) -> "CalendarView":
        """Return the view of a calendar."""
        return cls(
            time_zone=calendar.time_zone,
            workdays=[WEEKDAYS[number] for number in calendar.workdays],
            opens=f"{calendar.opens:%H:%M}",
            closes=f"{calendar.closes:%H:%M}",
            country=calendar.country,
            subdivision=calendar.subdivision,
            holidays=sorted(calendar.holidays),
            days_off=sorted(calendar.days_off),
        )
