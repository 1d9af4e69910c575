"""What each measure of a strip is worth for each class, as `bench/strips_fit.py` prints it.

Fitted to 420 hand-held strips of the PhysioNet/CinC Challenge 2017, every class with equal weight.
A measure counts as its distance from the centre in spreads; weights are logarithmic odds.
"""

from __future__ import annotations

import numpy as np

from edge_signal.values import Samples

ALWAYS = (-0.244, 0.33, 0.611, -0.697)
"""Of the classes as in `strips.StripClass`: normal, fibrillation, other, noisy."""
TABLE = (
    # measure, centre, spread; for normal, fibrillation, other, noisy
    ("usual difference of neighbours", -2.937, 1.095, -0.105, 0.391, -0.404, 0.118),
    ("entropy of intervals", -1.638, 0.808, -0.016, 0.257, -0.296, 0.054),
    ("shortest interval", 0.419, 0.337, 0.022, -0.144, 0.030, 0.093),
    ("long intervals", 0.152, 0.157, -0.323, 0.179, 0.127, 0.016),
    ("longest interval", 0.293, 0.270, -0.117, 0.282, 0.007, -0.172),
    ("short against long swing", -0.230, 0.512, -0.151, 0.061, 0.100, -0.011),
    ("every interval like the next", 0.150, 0.391, 0.327, -0.045, -0.188, -0.095),
    ("every interval like the one after", 0.129, 0.284, -0.074, -0.197, 0.225, 0.046),
    ("share of early beats before a pause", 0.054, 0.075, -0.325, -0.003, 0.208, 0.120),
    ("early beats before a pause", 1.250, 1.324, -0.368, 0.072, 0.483, -0.188),
    ("slow", 0.028, 0.139, -0.330, -0.212, 0.333, 0.209),
    ("fast", 0.100, 0.333, -0.307, 0.417, 0.002, -0.112),
    ("rate off 75", 0.066, 0.109, -0.339, 0.192, 0.172, -0.025),
    ("unlikest beats", -2.693, 1.139, -0.063, -0.330, 0.053, 0.341),
    ("beats unlike the usual one", 0.900, 1.230, -0.191, -0.018, 0.143, 0.066),
    ("size of beats varies", -1.634, 0.636, 0.049, -0.126, -0.198, 0.276),
    ("wide complex", 0.072, 0.271, -0.230, 0.157, 0.144, -0.071),
    ("P waves alike", 0.591, 0.376, 0.238, -0.168, 0.310, -0.380),
    ("least P waves alike", 0.376, 0.496, 0.319, -0.532, 0.402, -0.189),
    ("size of P waves", -2.287, 0.643, 0.116, -0.431, -0.048, 0.362),
    ("P wave far ahead", 0.016, 0.083, -0.330, 0.087, 0.055, 0.187),
    ("swing between beats", -2.566, 0.891, -0.127, -0.216, -0.145, 0.488),
    ("atrial frequencies between beats", 0.249, 0.096, -0.046, 0.131, 0.077, -0.162),
    ("worst quality", 0.752, 0.345, -0.148, -0.082, 0.487, -0.256),
    ("noise", 0.118, 0.232, -0.351, -0.082, 0.170, 0.263),
    ("motion", 0.089, 0.159, -0.109, -0.110, -0.213, 0.432),
    ("power above 15 Hz", -2.311, 0.819, 0.093, -0.093, -0.109, 0.110),
)

NAMES: tuple[str, ...] = tuple(row[0] for row in TABLE)
CENTRES: Samples = np.array([row[1] for row in TABLE])
SPREADS: Samples = np.array([row[2] for row in TABLE])
WEIGHTS: Samples = np.column_stack([ALWAYS, np.array([row[3:] for row in TABLE]).T])
"""Shape (4, 1 + measures)."""
