"""Which devices there are and how each is made: the table behind `edge-simulator DEVICE`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from edge_simulators.air import Air
from edge_simulators.asked_meters import Taidoc, Tongue, Ultra2, UltraEasy
from edge_simulators.astm_analyzer import AstmAnalyzer
from edge_simulators.device import SimulatedDevice
from edge_simulators.dispenser import Dispenser
from edge_simulators.dispenser_plc import PlcDispenser
from edge_simulators.modbus_bench import BenchDevice
from edge_simulators.modbus_rtu import RtuLine
from edge_simulators.modbus_tcp import TcpLine
from edge_simulators.orders import RESIDENTS, Kind, Make, Order
from edge_simulators.oximeter import Oximeter
from edge_simulators.refrigerator import BLOOD, VACCINE, Refrigerator
from edge_simulators.registers import LineDevice, ModbusDevice
from edge_simulators.robot_device import RobotDevice
from edge_simulators.serial_meter import SerialMeter
from edge_simulators.wearables import BLUETOOTH, WEARABLES, cuff, ecg, meter, strap
from edge_simulators.xy_md02 import ClimateSensor


def oximeter(order: Order, _air: Air) -> list[SimulatedDevice]:
    """An oximeter on a pseudo terminal."""
    place = order.place("oximeter", RESIDENTS[1])
    return [Oximeter(place, order.folder / "lines" / "oximeter", f"OXIMETER-{order.seed}")]


def asked(tongue: Callable[[], Tongue]) -> Make:
    """Makes a glucose meter on a pseudo terminal that answers when it is asked."""

    def make(order: Order, _air: Air) -> list[SimulatedDevice]:
        spec = tongue().spec
        place, path = order.place(spec, RESIDENTS[0]), order.folder / "lines" / spec
        every = order.pace(30.0)
        return [SerialMeter(place, path, f"{spec.upper()}-{order.seed}", tongue, every=every)]

    return make


def analyzer(order: Order, _air: Air) -> list[SimulatedDevice]:
    """A haematology analyzer on a pseudo terminal."""
    path, tag = order.folder / "lines" / "analyzer", f"ANALYZER-{order.seed}"
    return [AstmAnalyzer(order.place("analyzer"), path, tag, every=order.pace(20.0))]


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
    every = order.pace(4.0)
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


KINDS: Mapping[str, Kind] = {
    **WEARABLES,
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
