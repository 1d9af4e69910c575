"""How each Bluetooth device is made, by its firmware spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edge_simulators.air import Air
from edge_simulators.blood_pressure import BloodPressureCuff
from edge_simulators.cgm import CgmSensor
from edge_simulators.device import SimulatedDevice
from edge_simulators.ecg_wearables import HealthyPi, Movesense
from edge_simulators.enhanced_cuff import EnhancedCuff
from edge_simulators.glucose import GlucoseMeter, Habit
from edge_simulators.heart_rate import HeartRateStrap
from edge_simulators.instrument import Instrument, Model
from edge_simulators.lepu import Bp2, Er1, O2Ring
from edge_simulators.orders import RESIDENTS, Kind, Make, Order
from edge_simulators.polar import PolarStrap
from edge_simulators.polar_armband import OH1, VERITY, Armband
from edge_simulators.polar_armband import Make as MakeOfArmband
from edge_simulators.profiles import body_scale, scale, thermometer
from edge_simulators.pulse_oximeter import PulseOximeter
from edge_simulators.user_scale import UserScale


def strap(order: Order, air: Air) -> list[SimulatedDevice]:
    """A heart rate strap, on a recorded heart if one is named."""
    beats = order.heart().beat_times() if order.recording else None
    place = order.place("strap", RESIDENTS[0])
    return [HeartRateStrap(place, air, beats=beats, every=order.pace(1.0))]


def cuff(order: Order, air: Air) -> list[SimulatedDevice]:
    """A cuff that two residents share."""
    slots = dict(enumerate(RESIDENTS, start=1))
    every = order.pace(5.0)
    return [BloodPressureCuff(order.place("cuff"), air, slots, every=every, bond=order.bond)]


def enhanced_cuff(order: Order, air: Air) -> list[SimulatedDevice]:
    """A cuff with a memory that two residents share."""
    slots = dict(enumerate(RESIDENTS, start=1))
    return [EnhancedCuff(order.place("ecuff"), air, slots, every=order.pace(5.0))]


def user_scale(order: Order, air: Air) -> list[SimulatedDevice]:
    """A scale of two users, with the consent codes 1111 and 2222."""
    every = order.pace(5.0)
    return [UserScale(order.place("uscale"), air, {1: 1111, 2: 2222}, every=every)]


def meter(order: Order, air: Air) -> list[SimulatedDevice]:
    """A glucose meter with records in memory."""
    habit = Habit(every=order.pace(7.0), molar=order.molar, idle=2.0)
    return [GlucoseMeter(order.place("meter", RESIDENTS[0]), air, habit, bond=order.bond)]


def ecg(order: Order, air: Air) -> list[SimulatedDevice]:
    """An ECG strap on a recorded heart."""
    return [PolarStrap(order.place("ecg", RESIDENTS[1]), air, order.heart())]


def armband(make: MakeOfArmband) -> Make:
    """Makes a Polar armband of a make."""

    def made(order: Order, air: Air) -> list[SimulatedDevice]:
        every = order.pace(5.0)
        return [Armband(order.place(make.spec, RESIDENTS[0]), air, make, every=every)]

    return made


def instrument(alias: str, model: Callable[[float], Model], every: float) -> Make:
    """An instrument of a standard profile."""

    def make(order: Order, air: Air) -> list[SimulatedDevice]:
        place = order.place(alias, RESIDENTS[0])
        return [Instrument(place, air, model(order.pace(every)))]

    return make


def sensor(order: Order, air: Air) -> list[SimulatedDevice]:
    """A continuous glucose monitor."""
    return [CgmSensor(order.place("cgm", RESIDENTS[1]), air, every=order.pace(5.0))]


def finger(order: Order, air: Air) -> list[SimulatedDevice]:
    """A finger oximeter with spot checks in memory."""
    place = order.place("plx", RESIDENTS[0])
    return [PulseOximeter(place, air, every=order.pace(1.0))]


def patch(order: Order, air: Air) -> list[SimulatedDevice]:
    """An ECG patch that answers requests."""
    return [Er1(order.place("er1", RESIDENTS[0]), air, order.heart())]


def ring(order: Order, air: Air) -> list[SimulatedDevice]:
    """An oximeter ring that answers requests."""
    return [O2Ring(order.place("ring", RESIDENTS[0]), air)]


def upper_arm(order: Order, air: Air) -> list[SimulatedDevice]:
    """A cuff of another make."""
    return [Bp2(order.place("bp2", RESIDENTS[1]), air, every=order.pace(5.0))]


def movesense(order: Order, air: Air) -> list[SimulatedDevice]:
    """An ECG sensor that is subscribed to by path."""
    return [Movesense(order.place("movesense", RESIDENTS[0]), air, order.heart())]


def watch(order: Order, air: Air) -> list[SimulatedDevice]:
    """A watch with an ECG."""
    return [HealthyPi(order.place("watch", RESIDENTS[1]), air, order.heart())]


WEARABLES: Mapping[str, Kind] = {
    "heart-rate": Kind("heart rate strap (Bluetooth 180D) with RR intervals", strap),
    "blood-pressure": Kind("cuff shared by two residents (Bluetooth 1810)", cuff),
    "blood-pressure-enhanced": Kind("cuff with a memory (Bluetooth 1810, RACP)", enhanced_cuff),
    "glucose": Kind("glucose meter with stored records (Bluetooth 1808, RACP)", meter),
    "polar-pmd": Kind("Polar H10: ECG of a recording and heart rate (Bluetooth PMD)", ecg),
    "polar-verity": Kind(
        "Polar Verity Sense: pulse waves, intervals, acceleration (PMD)", armband(VERITY)
    ),
    "polar-oh1": Kind("Polar OH1: the same, other frames", armband(OH1)),
    "thermometer": Kind(
        "ear thermometer (Bluetooth 1809)", instrument("thermometer", thermometer, 5.0)
    ),
    "weight-scale": Kind("weight scale (Bluetooth 181D)", instrument("scale", scale, 5.0)),
    "weight-scale-users": Kind(
        "scale of two users, consent codes 1111 and 2222 (Bluetooth 181D, 181C)", user_scale
    ),
    "body-composition": Kind(
        "body scale (Bluetooth 181B)", instrument("body-scale", body_scale, 5.0)
    ),
    "pulse-oximeter": Kind("finger oximeter with stored spot checks (Bluetooth 1822)", finger),
    "glucose-cgm": Kind("continuous glucose monitor (Bluetooth 181F, RACP)", sensor),
    "lepu-er1": Kind("Lepu/Viatom ER1: ECG of a recording", patch),
    "lepu-bp2": Kind("Lepu/Viatom BP2 cuff", upper_arm),
    "o2ring": Kind("Viatom O2Ring oximeter", ring),
    "movesense": Kind("Movesense: ECG of a recording (GSP)", movesense),
    "healthypi-move": Kind("HealthyPi Move: ECG of a recording and heart rate", watch),
}
"""Every Bluetooth device, by the name under which it is ordered."""

VARIANTS = frozenset(("blood-pressure-enhanced", "weight-scale-users"))
"""Further devices of a firmware spec that another one stands for."""

BLUETOOTH: Mapping[str, Make] = {
    name: kind.make for name, kind in WEARABLES.items() if name not in VARIANTS
}
"""How a Bluetooth device of each firmware spec is made."""
