"""Which devices there are and how each is made: the table behind `edge-simulator DEVICE`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from edge_simulators.air import Air
from edge_simulators.asked_meters import Taidoc, Tongue, Ultra2, UltraEasy
from edge_simulators.astm_analyzer import AstmAnalyzer
from edge_simulators.blood_pressure import BloodPressureCuff
from edge_simulators.cgm import CgmSensor
from edge_simulators.device import Place, SimulatedDevice
from edge_simulators.dispenser import Dispenser
from edge_simulators.dispenser_plc import PlcDispenser
from edge_simulators.ecg_wearables import HealthyPi, Movesense
from edge_simulators.enhanced_cuff import EnhancedCuff
from edge_simulators.glucose import GlucoseMeter, Habit
from edge_simulators.heart_rate import HeartRateStrap
from edge_simulators.instrument import Instrument, Model
from edge_simulators.lepu import Bp2, Er1, O2Ring
from edge_simulators.modbus_bench import BenchDevice
from edge_simulators.modbus_rtu import RtuLine
from edge_simulators.modbus_tcp import TcpLine
from edge_simulators.oximeter import Oximeter
from edge_simulators.polar import PolarStrap
from edge_simulators.polar_armband import OH1, VERITY, Armband
from edge_simulators.polar_armband import Make as MakeOfArmband
from edge_simulators.profiles import body_scale, scale, thermometer
from edge_simulators.pulse_oximeter import PulseOximeter
from edge_simulators.recordings import Recording, from_folder, recording
from edge_simulators.refrigerator import BLOOD, VACCINE, Refrigerator
from edge_simulators.registers import LineDevice, ModbusDevice
from edge_simulators.robot_device import RobotDevice
from edge_simulators.serial_meter import SerialMeter
from edge_simulators.user_scale import UserScale
from edge_simulators.xy_md02 import ClimateSensor

RESIDENTS = ("resident-1", "resident-2")
"""Opaque references, as the region gives them; each has the cuff's user slot of its number."""

NORMAL = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be made.

    Attributes:
        folder: for journals, lines and retained memory.
        seed: of the physiology, and part of names and addresses.
        every: seconds between readings; None for each device's own.
        bond: whether Bluetooth devices demand a bond, where they can.
        molar: whether the meter measures in mmol/L.
        recording: name of the heart that a strap replays; "" for none.
        records: folder of further WFDB records; None for the packaged ones alone.
        rtu: Modbus on a pseudo terminal instead of TCP.
        port: TCP port of a Modbus device; 0 takes a free one.
        unit: address of a Modbus device.
        units: how many bench devices.
        journal: whether journals are kept.
    """

    folder: Path
    seed: int = 1
    every: float | None = None
    bond: bool = False
    molar: bool = False
    recording: str = ""
    records: Path | None = None
    rtu: bool = False
    port: int = 0
    unit: int = 1
    units: int = 1
    journal: bool = True

    def place(self, alias: str, resident: str | None = None) -> Place:
        """A device's place."""
        journals = self.folder / "journal" if self.journal else None
        return Place(alias=alias, journals=journals, resident=resident, seed=self.seed)

    def heart(self, default: str = NORMAL) -> Recording:
        """The recording that a strap replays.

        Raises:
            LookupError: there is none of that name.
        """
        name = self.recording or default
        own = from_folder(self.records) if self.records else {}
        return own[name] if name in own else recording(name)


Make = Callable[[Order, Air], list[SimulatedDevice]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of device that can be made.

    Attributes:
        title: for `--list`.
        make: makes it.
    """

    title: str
    make: Make


def strap(order: Order, air: Air) -> list[SimulatedDevice]:
    """A heart rate strap, on a recorded heart if one is named."""
    beats = order.heart().beat_times() if order.recording else None
    place = order.place("strap", RESIDENTS[0])
    return [HeartRateStrap(place, air, beats=beats, every=_or(order.every, 1.0))]


def cuff(order: Order, air: Air) -> list[SimulatedDevice]:
    """A cuff that two residents share."""
    slots = dict(enumerate(RESIDENTS, start=1))
    every = _or(order.every, 5.0)
    return [BloodPressureCuff(order.place("cuff"), air, slots, every=every, bond=order.bond)]


def enhanced_cuff(order: Order, air: Air) -> list[SimulatedDevice]:
    """A cuff with a memory that two residents share."""
    slots = dict(enumerate(RESIDENTS, start=1))
    return [EnhancedCuff(order.place("ecuff"), air, slots, every=_or(order.every, 5.0))]


def user_scale(order: Order, air: Air) -> list[SimulatedDevice]:
    """A scale of two users, with the consent codes 1111 and 2222."""
    every = _or(order.every, 5.0)
    return [UserScale(order.place("uscale"), air, {1: 1111, 2: 2222}, every=every)]


def meter(order: Order, air: Air) -> list[SimulatedDevice]:
    """A glucose meter with records in memory."""
    habit = Habit(every=_or(order.every, 7.0), molar=order.molar, idle=2.0)
    return [GlucoseMeter(order.place("meter", RESIDENTS[0]), air, habit, bond=order.bond)]


def ecg(order: Order, air: Air) -> list[SimulatedDevice]:
    """An ECG strap on a recorded heart."""
    return [PolarStrap(order.place("ecg", RESIDENTS[1]), air, order.heart())]


def armband(make: MakeOfArmband) -> Make:
    """Makes a Polar armband of a make."""

    def made(order: Order, air: Air) -> list[SimulatedDevice]:
        every = _or(order.every, 5.0)
        return [Armband(order.place(make.spec, RESIDENTS[0]), air, make, every=every)]

    return made


def oximeter(order: Order, _air: Air) -> list[SimulatedDevice]:
    """An oximeter on a pseudo terminal."""
    place = order.place("oximeter", RESIDENTS[1])
    return [Oximeter(place, order.folder / "lines" / "oximeter", f"OXIMETER-{order.seed}")]


def asked(tongue: Callable[[], Tongue]) -> Make:
    """Makes a glucose meter on a pseudo terminal that answers when it is asked."""

    def make(order: Order, _air: Air) -> list[SimulatedDevice]:
        spec = tongue().spec
        place, path = order.place(spec, RESIDENTS[0]), order.folder / "lines" / spec
        every = _or(order.every, 30.0)
        return [SerialMeter(place, path, f"{spec.upper()}-{order.seed}", tongue, every=every)]

    return make


def analyzer(order: Order, _air: Air) -> list[SimulatedDevice]:
    """A haematology analyzer on a pseudo terminal."""
    path, tag = order.folder / "lines" / "analyzer", f"ANALYZER-{order.seed}"
    return [AstmAnalyzer(order.place("analyzer"), path, tag, every=_or(order.every, 20.0))]


def instrument(alias: str, model: Callable[[float], Model], every: float) -> Make:
    """An instrument of a standard profile."""

    def make(order: Order, air: Air) -> list[SimulatedDevice]:
        place = order.place(alias, RESIDENTS[0])
        return [Instrument(place, air, model(_or(order.every, every)))]

    return make


def sensor(order: Order, air: Air) -> list[SimulatedDevice]:
    """A continuous glucose monitor."""
    return [CgmSensor(order.place("cgm", RESIDENTS[1]), air, every=_or(order.every, 5.0))]


def finger(order: Order, air: Air) -> list[SimulatedDevice]:
    """A finger oximeter with spot checks in memory."""
    place = order.place("plx", RESIDENTS[0])
    return [PulseOximeter(place, air, every=_or(order.every, 1.0))]


def patch(order: Order, air: Air) -> list[SimulatedDevice]:
    """An ECG patch that answers requests."""
    return [Er1(order.place("er1", RESIDENTS[0]), air, order.heart())]


def ring(order: Order, air: Air) -> list[SimulatedDevice]:
    """An oximeter ring that answers requests."""
    return [O2Ring(order.place("ring", RESIDENTS[0]), air)]


def upper_arm(order: Order, air: Air) -> list[SimulatedDevice]:
    """A cuff of another make."""
    return [Bp2(order.place("bp2", RESIDENTS[1]), air, every=_or(order.every, 5.0))]


def movesense(order: Order, air: Air) -> list[SimulatedDevice]:
    """An ECG sensor that is subscribed to by path."""
    return [Movesense(order.place("movesense", RESIDENTS[0]), air, order.heart())]


def watch(order: Order, air: Air) -> list[SimulatedDevice]:
    """A watch with an ECG."""
    return [HealthyPi(order.place("watch", RESIDENTS[1]), air, order.heart())]


def wearables(order: Order, air: Air) -> list[SimulatedDevice]:
    """Every Bluetooth device there is."""
    return [device for make in BLUETOOTH.values() for device in make(order, air)]


def climate(order: Order, _air: Air) -> list[SimulatedDevice]:
    """A climate sensor, over TCP or on a pseudo terminal."""
    alias = "room" if order.rtu else "fridge"
    sensor = ClimateSensor(order.place(alias), f"{alias.upper()}-{order.seed}")
    return [_on_line(sensor, order)]


def sensor_of(spec: str) -> Make:
    """Makes a climate sensor of another map."""

    def make(order: Order, _air: Air) -> list[SimulatedDevice]:
        return [
            _on_line(ClimateSensor(order.place(spec), f"{spec}-{order.seed}", spec=spec), order)
        ]

    return make


def refrigerator_of(spec: str) -> Make:
    """Makes a refrigerator of one kind."""

    def make(order: Order, _air: Air) -> list[SimulatedDevice]:
        return [_on_line(Refrigerator(order.place(spec), f"{spec}-{order.seed}", spec=spec), order)]

    return make


def dispenser(order: Order, _air: Air) -> list[SimulatedDevice]:
    """A dispenser whose counts survive in a file."""
    memory = order.folder / "memory" / "dispenser.json"
    every = _or(order.every, 4.0)
    tag = f"DISPENSER-{order.seed}"
    return [_on_line(Dispenser(order.place("dispenser"), tag, memory, every=every), order)]


def plc(order: Order, _air: Air) -> list[SimulatedDevice]:
    """A dispenser without a sequence register."""
    memory = order.folder / "memory" / "plc.json"
    return [_on_line(PlcDispenser(order.place("plc"), f"PLC-{order.seed}", memory), order)]


def robot(order: Order, _air: Air) -> list[SimulatedDevice]:
    """A dispensing robot whose orders survive in a file."""
    memory = order.folder / "memory" / "robot.json"
    return [RobotDevice(order.place("robot"), f"ROBOT-{order.seed}", memory, order.port)]


def bench(order: Order, _air: Air) -> list[SimulatedDevice]:
    """Bench devices, each behind a port of its own."""
    return [
        _on_line(BenchDevice(order.place(f"bench-{number}"), f"BENCH-{number}"), order)
        for number in range(1, order.units + 1)
    ]


def clinic(order: Order, air: Air) -> list[SimulatedDevice]:
    """One of each, the climate sensor on both wires."""
    makers: Iterable[Make] = (strap, cuff, meter, ecg, oximeter, climate, dispenser)
    room = climate(replace(order, rtu=True, seed=order.seed + 1), air)
    return [device for make in makers for device in make(order, air)] + room


BLUETOOTH: Mapping[str, Make] = {
    "heart-rate": strap,
    "blood-pressure": cuff,
    "glucose": meter,
    "polar-pmd": ecg,
    "polar-verity": armband(VERITY),
    "polar-oh1": armband(OH1),
    "thermometer": instrument("thermometer", thermometer, 5.0),
    "weight-scale": instrument("scale", scale, 5.0),
    "body-composition": instrument("body-scale", body_scale, 5.0),
    "pulse-oximeter": finger,
    "glucose-cgm": sensor,
    "lepu-er1": patch,
    "lepu-bp2": upper_arm,
    "o2ring": ring,
    "movesense": movesense,
    "healthypi-move": watch,
}
"""How each Bluetooth device is made, by its firmware spec."""

KINDS: Mapping[str, Kind] = {
    "heart-rate": Kind("heart rate strap (Bluetooth 180D) with RR intervals", strap),
    "blood-pressure": Kind("cuff shared by two residents (Bluetooth 1810)", cuff),
    "blood-pressure-enhanced": Kind("cuff with a memory (Bluetooth 1810, RACP)", enhanced_cuff),
    "glucose": Kind("glucose meter with stored records (Bluetooth 1808, RACP)", meter),
    "polar-pmd": Kind("Polar H10: ECG of a recording and heart rate (Bluetooth PMD)", ecg),
    "polar-verity": Kind(
        "Polar Verity Sense: pulse waves, intervals, acceleration (PMD)", BLUETOOTH["polar-verity"]
    ),
    "polar-oh1": Kind("Polar OH1: the same, other frames", BLUETOOTH["polar-oh1"]),
    "thermometer": Kind("ear thermometer (Bluetooth 1809)", BLUETOOTH["thermometer"]),
    "weight-scale": Kind("weight scale (Bluetooth 181D)", BLUETOOTH["weight-scale"]),
    "weight-scale-users": Kind(
        "scale of two users, consent codes 1111 and 2222 (Bluetooth 181D, 181C)", user_scale
    ),
    "body-composition": Kind("body scale (Bluetooth 181B)", BLUETOOTH["body-composition"]),
    "pulse-oximeter": Kind("finger oximeter with stored spot checks (Bluetooth 1822)", finger),
    "glucose-cgm": Kind("continuous glucose monitor (Bluetooth 181F, RACP)", sensor),
    "lepu-er1": Kind("Lepu/Viatom ER1: ECG of a recording", patch),
    "lepu-bp2": Kind("Lepu/Viatom BP2 cuff", upper_arm),
    "o2ring": Kind("Viatom O2Ring oximeter", ring),
    "movesense": Kind("Movesense: ECG of a recording (GSP)", movesense),
    "healthypi-move": Kind("HealthyPi Move: ECG of a recording and heart rate", watch),
    "wearables": Kind("every Bluetooth device above, together", wearables),
    "cms50d-plus": Kind("CMS50D+ finger oximeter on a pseudo terminal", oximeter),
    "taidoc-td42xx": Kind("TaiDoc glucose meter on a pseudo terminal", asked(Taidoc)),
    "onetouch-ultraeasy": Kind("OneTouch UltraEasy on a pseudo terminal", asked(UltraEasy)),
    "onetouch-ultra2": Kind("OneTouch Ultra 2 on a pseudo terminal", asked(Ultra2)),
    "astm-analyzer": Kind("haematology analyzer (ASTM) on a pseudo terminal", analyzer),
    "xy-md02": Kind("temperature and humidity sensor (Modbus TCP, or --rtu)", climate),
    "r444a01": Kind("the same as R444A01: holding registers", sensor_of("r444a01")),
    "rs-ws-n01": Kind("the same as RS-WS-N01: humidity first", sensor_of("rs-ws-n01")),
    VACCINE: Kind("vaccine refrigerator with door and mains", refrigerator_of(VACCINE)),
    BLOOD: Kind("blood refrigerator with two probes, door and mains", refrigerator_of(BLOOD)),
    "dispenser": Kind("medicine dispenser (Modbus TCP, or --rtu)", dispenser),
    "dispenser-plc": Kind("dispenser with counters only (Modbus TCP, or --rtu)", plc),
    "wwks2-robot": Kind("dispensing robot (WWKS 2.0 over TCP)", robot),
    "modbus-bench": Kind("devices of 20 points for load (Modbus TCP); --units N", bench),
    "clinic": Kind("one of each, the climate sensor on both wires", clinic),
}


def _on_line(device: ModbusDevice, order: Order) -> LineDevice:
    return on_rtu(device, order) if order.rtu else on_tcp(device, order)


def on_tcp(device: ModbusDevice, order: Order) -> LineDevice:
    """A Modbus device behind a TCP port of its own."""
    line = TcpLine({order.unit: device}, port=order.port)

    def link() -> dict[str, str | int]:
        host, port = line.address
        return {"type": "modbus-tcp", "host": host, "port": port, "unit": order.unit}

    return LineDevice(device, line, link)


def on_rtu(device: ModbusDevice, order: Order) -> LineDevice:
    """A Modbus device on a pseudo terminal of its own."""
    baud = device.baud
    line = RtuLine({order.unit: device}, order.folder / "lines" / device.place.alias, baud)

    def link() -> dict[str, str | int]:
        return {"type": "modbus-rtu", "port": str(line.path), "unit": order.unit, "baud": baud}

    return LineDevice(device, line, link)


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
