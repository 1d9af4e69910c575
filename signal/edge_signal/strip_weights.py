"""What each measure of a strip is worth for each class, as `bench/strips_fit.py` prints it.

Fitted to 420 hand-held strips of the PhysioNet/CinC Challenge 2017, every class with equal weight.
A measure counts as its distance from the centre in spreads; weights are logarithmic odds.
"""

from __future__ import annotations

import numpy as np

from edge_signal.values import Samples

ALWAYS = (-0.34, 0.364, 0.648, -0.671)
"""Of the classes as in `strips.StripClass`: normal, fibrillation, other, noisy."""
TABLE = (
    # measure, centre, spread; for normal, fibrillation, other, noisy
    ("usual difference of neighbours", -2.907, 1.123, -0.056, 0.434, -0.367, -0.011),
    ("entropy of intervals", -1.625, 0.797, -0.039, 0.314, -0.322, 0.047),
    ("shortest interval", 0.422, 0.338, -0.143, -0.023, 0.077, 0.090),
    ("long intervals", 0.160, 0.180, -0.209, 0.085, 0.207, -0.083),
    ("longest interval", 0.303, 0.311, -0.348, 0.108, 0.174, 0.067),
    ("short against long swing", -0.242, 0.500, -0.131, 0.104, 0.098, -0.071),
    ("every interval like the next", 0.163, 0.390, 0.287, -0.039, -0.200, -0.047),
    ("every interval like the one after", 0.127, 0.285, -0.124, -0.158, 0.172, 0.110),
    ("share of early beats before a pause", 0.056, 0.078, -0.360, -0.065, 0.185, 0.240),
    ("early beats before a pause", 1.264, 1.320, -0.371, 0.154, 0.277, -0.061),
    ("slow", 0.023, 0.120, -0.311, -0.203, 0.259, 0.255),
    ("fast", 0.089, 0.305, -0.313, 0.486, -0.069, -0.103),
    ("rate off 75", 0.062, 0.099, -0.343, 0.206, 0.122, 0.015),
    ("unlikest beats", -2.682, 1.164, -0.064, -0.361, 0.023, 0.402),
    ("beats unlike the usual one", 0.905, 1.244, -0.149, -0.040, 0.175, 0.014),
    ("size of beats varies", -1.647, 0.669, 0.096, -0.214, -0.175, 0.292),
    ("wide complex", 0.082, 0.295, -0.294, 0.137, 0.080, 0.076),
    ("P waves alike", 0.578, 0.391, 0.262, -0.184, 0.260, -0.338),
    ("least P waves alike", 0.364, 0.505, 0.377, -0.502, 0.371, -0.245),
    ("size of P waves", -2.290, 0.644, 0.122, -0.488, 0.055, 0.311),
    ("P wave far ahead", 0.017, 0.085, -0.332, 0.087, 0.025, 0.221),
    ("swing between beats", -2.589, 0.844, -0.150, -0.098, -0.219, 0.467),
    ("atrial frequencies between beats", 0.250, 0.095, -0.066, 0.079, 0.073, -0.087),
    ("worst quality", 0.752, 0.345, -0.183, -0.084, 0.491, -0.224),
    ("noise", 0.118, 0.232, -0.388, 0.054, 0.122, 0.212),
    ("motion", 0.089, 0.159, -0.098, -0.162, -0.216, 0.476),
    ("power above 15 Hz", -2.311, 0.819, 0.111, -0.050, -0.160, 0.099),
)

NAMES: tuple[str, ...] = tuple(row[0] for row in TABLE)
CENTRES: Samples = np.array([row[1] for row in TABLE])
SPREADS: Samples = np.array([row[2] for row in TABLE])
WEIGHTS: Samples = np.column_stack([ALWAYS, np.array([row[3:] for row in TABLE]).T])
"""Shape (4, 1 + measures)."""
