"""What the publisher is told, from the configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edge_agent.config import settings
from edge_agent.config.settings import Config
from edge_agent.model.codes import Code
from edge_sync.allowance import Limits
from edge_sync.broker import Broker
from edge_sync.settings import Confirm, Settings
from edge_sync.wire.topics import Address
from firmware_specs.spec.kinds import known_kinds
from firmware_specs.spec.types import LoadedSpec, Spec


def address_of(config: Config) -> Address:
    """Where this gateway is."""
    region = config.region
    return Address(
        region.province,
        region.city,
        region.county,
        region.township,
        region.village,
        region.site,
        config.gateway.name,
    )


def publishing(config: Config, specs: Mapping[str, LoadedSpec]) -> Settings:
    """The publisher's settings."""
    region, address = config.region, address_of(config)
    client_id = f"edge-{address.path}".replace("/", ":")  # some brokers refuse / in a client id
    return Settings(
        broker=broker_of(config, client_id=client_id),
        address=address,
        root=region.root,
        form=region.form,
        kinds=_kinds(specs[device.spec].spec for device in config.devices),
        confirm=Confirm(region.release),
        compress_live=config.broker.compress == "all",
        limits=limits_of(config.broker),
        zone=config.gateway.zone,
    )


def limits_of(broker: settings.Broker) -> Limits:
    """What of the link may be used: the lesser of what the octets and what the money allow."""
    budgets = [broker.megabytes_a_day]
    if broker.cost_per_megabyte:
        budgets.append(broker.cost_a_day / broker.cost_per_megabyte)
    megabytes = min((one for one in budgets if one), default=0)
    return Limits(int(megabytes * 1_000_000), broker.history_hours)


def _kinds(specs: Iterable[Spec]) -> Mapping[str, Code]:
    """What each kind is called that the configured devices may tell of."""
    return {name: code for spec in specs for name, code in known_kinds(spec.kinds).items()}


def broker_of(config: Config, client_id: str) -> Broker:
    """The configured broker, for a client of this name."""
    broker = config.broker
    return Broker(
        url=broker.url,
        client_id=client_id,
        username=broker.username,
        password_file=broker.password_file,
        ca_file=broker.ca_file,
        cert_file=broker.cert_file,
        key_file=broker.key_file,
    )
