"""What the publisher is told, from the configuration."""

from __future__ import annotations

from edge_agent.config.settings import Config
from edge_sync.broker import Broker
from edge_sync.settings import Confirm, Settings
from edge_sync.wire.topics import Address


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


def publishing(config: Config) -> Settings:
    """The publisher's settings."""
    region, address = config.region, address_of(config)
    client_id = f"edge-{address.path}".replace("/", ":")  # some brokers refuse / in a client id
    return Settings(
        broker=broker_of(config, client_id=client_id),
        address=address,
        root=region.root,
        form=region.form,
        confirm=Confirm(region.release),
    )


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
