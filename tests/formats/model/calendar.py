"""The Gregorian calendar for all years, as Python's own ends at the year 9999 and begins with the year 1."""

from __future__ import annotations


def days_from(year: int, month: int, day: int) -> int:
    """Since 1970-01-01; the year 0 is 1 BC."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def date_of(days: int) -> tuple[int, int, int]:
    era, of_era = divmod(days + 719468, 146097)
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    return era * 400 + year + (month <= 2), month, day


# What PostgreSQL holds: dates and timestamps from FIRST_DAY on, up to (not including) the others.
FIRST_DAY = days_from(-4713, 11, 24)
END_DAY = days_from(5874898, 1, 1)
END_TIMESTAMP_DAY = days_from(294277, 1, 1)


def written_date(days: int) -> tuple[str, str]:
    """The day, and ` BC` or nothing."""
    year, month, day = date_of(days)
    if year <= 0:
        return f"{1 - year:04}-{month:02}-{day:02}", " BC"
    return f"{year:04}-{month:02}-{day:02}", ""


def written_time(micros: int, nanos: int = 0) -> str:
    """Of a day; `nanos`: those below a microsecond. With as many decimals as it takes, nine if there are any nanos."""
    seconds, below = divmod(micros, 10**6)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if nanos:
        return f"{text}.{below:06}{nanos:03}"
    return f"{text}.{below:06}".rstrip("0") if below else text
