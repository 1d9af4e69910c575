"""Mean kinetic temperature: the one constant temperature that would have harmed as much. Pure.

    T = (E / R) / -ln( sum(t_i * exp(-E / (R * T_i))) / sum(t_i) )      T in kelvin

with E the activation energy and t_i the time for which reading T_i stands. Sources: Haynes JD,
Worldwide virtual temperatures for product stability testing, J Pharm Sci 1971;60:927-929;
USP <1079.2>.
"""

from __future__ import annotations

import math

import msgspec

GAS_CONSTANT = 8.314462618
"""J/(mol K), CODATA 2018."""
KELVIN = 273.15


class Heat(msgspec.Struct, frozen=True):
    """What has been suffered so far.

    Attributes:
        sum: of t_i * exp(-E / (R * T_i)).
        seconds: of t_i.
    """

    sum: float = 0.0
    seconds: float = 0.0

    def suffer(self, celsius: float, seconds: float, kilojoules: float) -> Heat:
        """So many seconds at so many degrees, for an activation energy in kJ/mol."""
        rate = math.exp(-1000 * kilojoules / (GAS_CONSTANT * (celsius + KELVIN)))
        return Heat(self.sum + seconds * rate, self.seconds + seconds)

    def mean(self, kilojoules: float) -> float | None:
        """The mean kinetic temperature in degrees Celsius; None of no time."""
        if not self.seconds:
            return None
        return 1000 * kilojoules / GAS_CONSTANT / -math.log(self.sum / self.seconds) - KELVIN
