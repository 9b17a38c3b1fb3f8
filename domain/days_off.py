"""Which days are free in a country: asked of the library `holidays` when somebody sets a calendar.

It is big, so it is imported only then.
"""

from datetime import date

from domain.errors import InvalidRequest

KNOWN_YEARS = 6
"""So many years of holidays are kept with a team's calendar, the present one included."""


def holidays_of(country: str, subdivision: str | None, first_year: int) -> frozenset[date]:
    """Return a country's public holidays, or raise `InvalidRequest` naming what is unknown."""
    import holidays  # half a second and many megabytes

    places = holidays.list_supported_countries()
    if country not in places:
        raise _unknown("country", f"Nothing is known about the holidays of `{country}`.")
    if subdivision is not None and subdivision not in places[country]:
        known = ", ".join(places[country][:40]) or "none"
        raise _unknown(
            "subdivision", f"`{country}` has no subdivision `{subdivision}`; it has {known}."
        )
    years = range(first_year, first_year + KNOWN_YEARS)
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=years))


def _unknown(path: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, errors=[{"path": f"calendar.{path}", "message": message}])
