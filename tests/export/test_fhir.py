"""A lossless block as FHIR SampledData, read by the package `fhir.resources`."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import msgspec
import numpy as np

from edge_agent.model import forms
from edge_agent.model.instants import ClockMapping, Instant
from edge_agent.model.times import Times
from edge_agent.model.waveforms import pack
from edge_sync.wire.context import Context
from edge_sync.wire.forms import form
from tests.support.recordings import recording
from tests.support.sync import ADDRESS, BOOT, frame

CONTEXT = Context(ADDRESS.path, Times([ClockMapping("c", Instant(BOOT, 1), 10**18, 1, "ntp")]), ())


def test_both_packings_are_the_same_sampled_data_and_a_model_reads_it() -> None:
    told = recording(2, seconds=2)
    (lossless,) = told.waveforms()
    old = msgspec.structs.replace(
        lossless, block=pack(told.segments[0].counts.tolist()), encoding="s32-delta-zlib"
    )
    bundles: list[Any] = [
        json.loads(
            form("fhir")(
                forms.encode(msgspec.structs.replace(frame(1), observations=(), waveforms=(one,))),
                CONTEXT,
            )
        )
        for one in (lossless, old)
    ]
    assert bundles[0] == bundles[1]
    model: Any = import_module("fhir.resources.R4B.observation").Observation
    for row, entry in zip(told.physical(), bundles[0]["entry"], strict=True):
        read = model.model_validate(entry["resource"]).valueSampledData
        counts = np.array(read.data.split(), dtype=float)
        millivolts = float(read.origin.value) + float(read.factor) * counts
        np.testing.assert_allclose(millivolts, row, atol=1e-9)
        assert abs(float(read.period) - 1000 / 360) < 1e-6
        assert (read.origin.unit, read.dimensions) == ("mV", 1)
