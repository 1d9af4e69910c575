"""What each measure of a strip is worth for each class, as `bench/strips_fit.py` prints it.

Fitted to 420 hand-held strips of the PhysioNet/CinC Challenge 2017, every class with equal weight.
A measure counts as its distance from the centre in spreads; weights are logarithmic odds.
"""

from __future__ import annotations

import numpy as np

from edge_signal.values import Samples

ALWAYS = (-0.356, 0.368, 0.631, -0.642)
"""Of the classes as in `strips.StripClass`: normal, fibrillation, other, noisy."""
TABLE = (
    # measure, centre, spread; for normal, fibrillation, other, noisy
    ("usual difference of neighbours", -2.907, 1.123, -0.062, 0.437, -0.370, -0.006),
    ("entropy of intervals", -1.625, 0.797, -0.037, 0.323, -0.321, 0.035),
    ("shortest interval", 0.422, 0.338, -0.140, -0.023, 0.088, 0.074),
    ("long intervals", 0.160, 0.180, -0.202, 0.084, 0.203, -0.085),
    ("longest interval", 0.303, 0.311, -0.339, 0.111, 0.149, 0.078),
    ("short against long swing", -0.242, 0.500, -0.137, 0.106, 0.104, -0.073),
    ("every interval like the next", 0.163, 0.390, 0.286, -0.043, -0.199, -0.044),
    ("every interval like the one after", 0.127, 0.285, -0.128, -0.160, 0.174, 0.114),
    ("share of early beats before a pause", 0.056, 0.078, -0.366, -0.059, 0.207, 0.218),
    ("early beats before a pause", 1.264, 1.320, -0.378, 0.144, 0.274, -0.040),
    ("slow", 0.023, 0.120, -0.303, -0.202, 0.267, 0.238),
    ("fast", 0.089, 0.305, -0.312, 0.483, -0.073, -0.098),
    ("rate off 75", 0.062, 0.099, -0.328, 0.204, 0.126, -0.002),
    ("unlikest beats", -2.682, 1.164, -0.060, -0.365, -0.015, 0.440),
    ("beats unlike the usual one", 0.905, 1.244, -0.160, -0.035, 0.150, 0.045),
    ("size of beats varies", -1.647, 0.669, 0.092, -0.207, -0.206, 0.321),
    ("wide complex", 0.115, 0.411, -0.298, 0.122, 0.034, 0.142),
    ("P waves alike", 0.578, 0.391, 0.257, -0.188, 0.257, -0.327),
    ("least P waves alike", 0.364, 0.505, 0.372, -0.495, 0.385, -0.263),
    ("size of P waves", -2.290, 0.644, 0.113, -0.490, 0.032, 0.345),
    ("P wave far ahead", 0.017, 0.085, -0.327, 0.090, 0.037, 0.201),
    ("swing between beats", -2.589, 0.844, -0.131, -0.107, -0.231, 0.469),
    ("atrial frequencies between beats", 0.250, 0.095, -0.053, 0.074, 0.085, -0.106),
    ("worst quality", 0.774, 0.329, -0.219, -0.063, 0.462, -0.180),
    ("noise", 0.101, 0.214, -0.430, 0.099, 0.169, 0.162),
    ("motion", 0.086, 0.156, -0.092, -0.152, -0.163, 0.407),
    ("power above 15 Hz", -2.311, 0.819, 0.157, -0.058, -0.156, 0.056),
)

NAMES: tuple[str, ...] = tuple(row[0] for row in TABLE)
CENTRES: Samples = np.array([row[1] for row in TABLE])
SPREADS: Samples = np.array([row[2] for row in TABLE])
WEIGHTS: Samples = np.column_stack([ALWAYS, np.array([row[3:] for row in TABLE]).T])
"""Shape (4, 1 + measures)."""
