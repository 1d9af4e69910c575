"""Whether a text is a unit of UCUM: its grammar, over the atoms that devices of a clinic use.

Source: The Unified Code for Units of Measure 2.1, §§ 2-11 (terms), 18-26 (atoms). Parentheses are
left out. So are C (coulomb) and F (farad): whoever writes them means a temperature.
"""

from __future__ import annotations

import re

_PREFIXES = ("Y", "Z", "E", "P", "T", "G", "M", "k", "h", "da", "d", "c", "m", "u", "n", "p", "f")
_METRIC = (
    *("m", "s", "g", "rad", "K", "cd", "mol", "sr", "Hz", "N", "Pa", "J", "W", "A", "V", "Ohm"),
    *("S", "Wb", "Cel", "T", "H", "lm", "lx", "Bq", "Gy", "Sv", "l", "L", "ar", "st", "u", "eV"),
    *("bar", "m[Hg]", "m[H2O]", "eq", "osm", "kat", "U", "[iU]", "[IU]", "cal", "t", "R", "B"),
)
_OTHER = (
    *("%", "[ppth]", "[ppm]", "[ppb]", "10*", "10^", "[pi]", "[pH]", "deg", "'", "''", "min", "h"),
    *("d", "wk", "mo", "a", "[degF]", "[in_i]", "[ft_i]", "[lb_av]", "[oz_av]", "[in_i'Hg]"),
    *("[foz_us]", "[cup_us]", "[diop]", "[mesh_i]", "[drp]", "[HPF]", "[CFU]", "[PFU]", "[arb'U]"),
)
_ATOMS = frozenset((*_METRIC, *_OTHER, *(p + atom for p in _PREFIXES for atom in _METRIC)))

_NOTE = re.compile(r"\{[!-z|~]*\}")
_EXPONENT = re.compile(r"[+-]?\d+$")
_INTENDED = {
    **dict.fromkeys(("C", "°C", "℃", "degC", "celsius", "Celsius"), "Cel"),
    **dict.fromkeys(("F", "°F", "℉", "degF", "fahrenheit", "Fahrenheit"), "[degF]"),
    **dict.fromkeys(("mmHg", "mmhg", "mm Hg"), "mm[Hg]"),
    **dict.fromkeys(("bpm", "BPM", "1/min", "rpm"), "/min"),
    **dict.fromkeys(("lb", "lbs", "pound"), "[lb_av]"),
    **dict.fromkeys(("in", "inch"), "[in_i]"),
    **dict.fromkeys(("ohm", "Ω"), "Ohm"),
    **dict.fromkeys(("percent", "%RH", "%rh", "pct"), "%"),
    **dict.fromkeys(("sec", "second", "seconds"), "s"),
    "ppm": "[ppm]",
    "ppb": "[ppb]",
    "µV": "uV",
    "kg/m^2": "kg/m2",
    "kg/m²": "kg/m2",
    "count": "{count}",
    "counts": "{count}",
}


def is_unit(text: str) -> bool:
    """Whether a text is a well-formed unit, such as `mm[Hg]`, `/min`, `kg/m2`, `{count}`."""
    bare = _NOTE.sub("", text)
    if not bare:
        return bool(text)
    return all(map(_is_component, re.split(r"[./]", bare.removeprefix("/") or "1")))


def _is_component(text: str) -> bool:
    return text.isdecimal() or text in _ATOMS or _EXPONENT.sub("", text) in _ATOMS


def intended_unit(text: str) -> str:
    """The unit of UCUM that somebody means who writes `°C`, `mmHg` or `ppm`; "" if unknown."""
    return _INTENDED.get(text.strip(), "")
