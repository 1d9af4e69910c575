"""`edge-agent trend`: blood pressure or glucose of a person over days, as text or as a picture."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from edge_agent.cli.common import add_config, answer, load, read_input, write_output
from edge_agent.config.settings import Config
from edge_agent.control.answered import DevicesReply
from edge_agent.control.asked import Devices, Readings
from edge_agent.control.readings import Reading, ReadingsReply
from edge_agent.export.series import of_one, series, within
from edge_agent.export.trending import Trend
from edge_agent.model.errors import EdgeError, ExportError, FileError
from edge_signal.sheets.words import Language

MOST_DAYS = 3650
FORMS = (".txt", ".json", ".svg", ".pdf")


class Sought(msgspec.Struct, frozen=True):
    """Readings to look at.

    Attributes:
        readings: of all persons.
        zone: of the site, IANA.
        office: keys of the devices that staff use at the clinic.
        until: the end of the days; None for the last reading.
    """

    readings: list[Reading]
    zone: str
    office: tuple[str, ...]
    until: datetime | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    add = parser.add_argument
    add(
        "file",
        nargs="?",
        metavar="FILE",
        help="records as JSON lines, as the region has them; -: stdin (what is on this box)",
    )
    add("--device", default="", metavar="ALIAS", help="only this one's; in a file, its key")
    add("--patient", metavar="ID", help="whose; '' for nobody's (if there are several)")
    add("--days", type=_days, default=14.0, metavar="N", help="the last N days (14)")
    add("--office", action="append", default=[], metavar="ALIAS",
        help="this device is used by staff at the clinic; may be repeated")  # fmt: skip
    add("--kind", choices=("pressure", "meter", "sensor"), default="", help="of the picture")
    add("-o", "--out", type=Path, metavar="PATH", help=".txt, .json, .svg or .pdf (text here)")
    add("--zone", default="Asia/Shanghai", help="time zone of a file's site (Asia/Shanghai)")
    add("--language", choices=("en", "zh"), default="zh", help="of words (zh)")
    add_config(parser)


def _days(text: str) -> float:
    days = float(text)
    if not 0 < days <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {MOST_DAYS}")
    return days


def run(options: argparse.Namespace) -> int:
    """Tell it, or write it and name the file."""
    if options.out and options.out.suffix not in FORMS:
        raise FileError(str(options.out), "", "nobody knows its form", f"end it in one of {FORMS}")
    found = _of_file(options) if options.file else _of_box(options)
    person, mine = of_one(found.readings, options.patient)
    chosen = within(mine, options.days, found.until)
    trend = Trend(person, series(chosen, found.office), found.zone, Language(options.language))
    if not options.out:
        print(trend.text(), end="")
        return 0
    write_output(options.out, _written(trend, options))
    print(options.out)
    return 0


def _written(trend: Trend, options: argparse.Namespace) -> bytes:
    match options.out.suffix:
        case ".txt":
            return trend.text().encode()
        case ".json":
            return trend.json()
        case ".svg":
            from edge_signal.sheets.svg import svg

            return svg(trend.page(options.kind)).encode()
        case _:
            from edge_agent.export.pdf import pdf

            return pdf(trend.page(options.kind))


def _of_file(options: argparse.Namespace) -> Sought:
    from edge_agent.export.sources import readings_in

    try:
        zone = ZoneInfo(options.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ExportError(
            f"there is no time zone {options.zone!r}: Asia/Shanghai is one"
        ) from error
    found = [
        one
        for one in readings_in(read_input(options.file), zone)
        if options.device in ("", one.device)
    ]
    return Sought(found, options.zone, tuple(options.office), None)


def _of_box(options: argparse.Namespace) -> Sought:
    config = load(options.config).config
    known = {one.alias: one.device for one in answer(config, Devices(), DevicesReply).devices}
    for alias in (*options.office, *([options.device] if options.device else [])):
        if alias not in known:
            names = ", ".join(known) or "none"
            raise EdgeError(f"no device {alias!r} is configured or paired; there is {names}")
    asked = [options.device] if options.device else [one for one, key in known.items() if key]
    found = [one for alias in asked for one in _stayed(config, alias)]
    if not found:
        days = f"{config.limits.past_days:g}"
        where = options.device or "any device"
        raise ExportError(
            f"the box has no blood pressure and no glucose of {where}: readings stay for {days}"
            " days ([buffer] past_days); what the region has, it can give as a file"
        )
    office = tuple(known[alias] for alias in options.office)
    return Sought(found, config.gateway.zone, office, datetime.now(UTC))


def _stayed(config: Config, alias: str) -> Iterator[Reading]:
    """All that stayed of a device, page by page."""
    after = 0
    while (page := answer(config, Readings(alias, after), ReadingsReply)).after:
        after = page.after
        yield from page.readings
