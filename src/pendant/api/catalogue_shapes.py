"""What programs are told about connectors: what can be chosen, not how it is done."""

from __future__ import annotations

from pendant.api.shapes import Shape
from pendant.connectors.declaration import Connector


class HelpShape(Shape):
    title: str
    steps: tuple[str, ...]


class TokenSettingShape(Shape):
    label: str
    summary: str
    help: HelpShape | None


class ApiTypeShape(Shape):
    name: str
    title: str
    summary: str
    token: TokenSettingShape


class RegionShape(Shape):
    name: str
    title: str
    api: str
    data: str


class ReferenceShape(Shape):
    title: str
    url: str


class ResourceShape(Shape):
    name: str
    title: str
    summary: str
    kind: str


class ConnectorShape(Shape):
    name: str
    title: str
    summary: str
    api_types: tuple[ApiTypeShape, ...]
    regions: tuple[RegionShape, ...]
    references: tuple[ReferenceShape, ...]
    resources: tuple[ResourceShape, ...]

    @classmethod
    def of(cls, connector: Connector) -> ConnectorShape:
        return cls.model_validate(connector)


class ConnectorsShape(Shape):
    connectors: tuple[ConnectorShape, ...]


class OfferShape(Shape):
    connector: str
    api_type: str
    name: str
    title: str
    summary: str
    takes_times: bool
    takes_apps: bool
    takes_ids: bool
    takes_pipeline: bool


class OffersShape(Shape):
    resources: tuple[OfferShape, ...]
