"""The demo's own MQTT broker: `python demo/broker.py PORT`.

Listens on the loopback interface only, for MQTT 5; port 0 takes a free one. Prints
`listening on HOST:PORT` when clients may connect, and ends with status 0 on SIGTERM or SIGINT.
Keeps everything in memory: what it held is gone with it, which the gateway must survive anyway.
Why this broker: docs/decisions/002-embedded-broker.md. To look on, from another terminal:
`mosquitto_sub -V 5 -p PORT -t '#' -v`.
"""

import logging
import os
import signal
import sys
import tempfile
from pathlib import Path

from iotcore.iotcore import IotCoreBroker

from ports import HOST, free_port, wait_for

CONFIGURATION = """
id = 0
[router]
id = 0
max_connections = 200
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 10
[v5.1]
name = "demo"
listen = "{host}:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 100
dynamic_filters = true
"""


def main() -> int:
    """Run until asked to stop; return the exit status."""
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        print("usage: broker.py PORT  (0 takes a free one)", file=sys.stderr)
        return 2
    stop_signals = (signal.SIGTERM, signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals)  # threads started below inherit it
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)  # it logs every packet as an error
    try:
        port = start(int(sys.argv[1]) or free_port())
    except OSError as error:
        print(f"broker: {error}", file=sys.stderr)
        return 1
    print(f"listening on {HOST}:{port}", flush=True)
    signal.sigwait(stop_signals)
    sys.stdout.flush()
    os._exit(0)  # the broker's threads know no other end


def start(port: int) -> int:
    """Start the broker on threads of its own; return its port when it answers.

    Raises:
        OSError: The port is taken, or nothing answered in time.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "broker.toml"
        path.write_text(CONFIGURATION.format(host=HOST, port=port))
        broker = IotCoreBroker(config_path=str(path))
        broker.check_ports()
        broker.start()
        wait_for(port)
    return port


if __name__ == "__main__":
    sys.exit(main())
