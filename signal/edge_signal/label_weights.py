"""What each measure of a beat is worth, as `bench/labels_fit.py` prints it."""

from __future__ import annotations

import numpy as np

from edge_signal.values import Samples

TABLE = (
    # measure, for a ventricular beat, for a supraventricular one
    ("always", 0.011, -5.176),
    ("likeness to the prevailing beat", -0.109, 0.190),
    ("its square", -1.997, -0.169),
    ("size against that", -0.086, 0.875),
    ("its amount", -0.256, -0.813),
    ("width against that", 2.332, 1.762),
    ("sharpness against that", -2.906, 0.052),
    ("width", 1.193, 0.770),
    ("sharpness", -1.462, 2.127),
    ("interval against the usual", -0.621, -2.437),
    ("how much it is early", -0.736, 2.185),
    ("its square", 0.497, 0.527),
    ("interval against the last", -0.989, -1.362),
    ("share of all beats that have its shape", -2.358, -1.936),
    ("how early these come", -2.824, -3.530),
    ("early, weighed by the likeness", 0.440, 2.567),
    ("early, weighed by the width", -2.910, 0.836),
    ("has the prevailing shape", -1.564, 0.169),
    ("steady rhythm", -2.580, 2.734),
    ("steady: early", 3.140, 5.978),
    ("steady: early, squared", 1.012, 1.661),
    ("steady: late", -0.078, -0.203),
    ("width, weighed by the likeness", 1.742, 1.210),
    ("wider, squared", 1.202, 0.144),
    ("amount of the sharpness", 2.851, -1.384),
    ("unlike and wider", -1.026, -0.278),
    ("unlike and early", -1.176, -0.382),
    ("interval shorter than the last", -0.792, -2.539),
)

VENTRICULAR: Samples = np.array([row[1] for row in TABLE])
SUPRAVENTRICULAR: Samples = np.array([row[2] for row in TABLE])
