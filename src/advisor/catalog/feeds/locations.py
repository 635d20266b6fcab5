"""What AWS calls its regions: the name today first, then spellings that some feeds still use."""

from collections.abc import Mapping

_NAMES: Mapping[str, tuple[str, ...]] = {
    "us-east-1": ("US East (N. Virginia)",),
    "us-east-2": ("US East (Ohio)",),
    "us-west-1": ("US West (N. California)",),
    "us-west-2": ("US West (Oregon)",),
    "us-gov-east-1": ("AWS GovCloud (US-East)",),
    "us-gov-west-1": ("AWS GovCloud (US-West)", "AWS GovCloud (US)"),
    "us-east-1-atl-2a": ("US East (Atlanta) Local Zone", "US East (Atlanta)"),
    "us-east-1-dfw-2a": ("US East (Dallas) Local Zone", "US East (Dallas)", "Dallas Local Zone (US East N. Virginia)"),
    "us-west-2-phx-2a": ("US West (Phoenix) Local Zone", "US West (Phoenix)"),
    "ca-central-1": ("Canada (Central)",),
    "ca-west-1": ("Canada West (Calgary)",),
    "mx-central-1": ("Mexico (Central)",),
    "sa-east-1": ("South America (Sao Paulo)", "South America (São Paulo)"),
    "eu-central-1": ("Europe (Frankfurt)", "EU (Frankfurt)"),
    "eu-central-2": ("Europe (Zurich)", "EU (Zurich)"),
    "eu-north-1": ("Europe (Stockholm)", "EU (Stockholm)"),
    "eu-south-1": ("Europe (Milan)", "EU (Milan)"),
    "eu-south-2": ("Europe (Spain)", "EU (Spain)"),
    "eu-west-1": ("Europe (Ireland)", "EU (Ireland)"),
    "eu-west-2": ("Europe (London)", "EU (London)"),
    "eu-west-3": ("Europe (Paris)", "EU (Paris)"),
    "af-south-1": ("Africa (Cape Town)",),
    "il-central-1": ("Israel (Tel Aviv)",),
    "me-central-1": ("Middle East (UAE)",),
    "me-south-1": ("Middle East (Bahrain)",),
    "ap-east-1": ("Asia Pacific (Hong Kong)",),
    "ap-east-2": ("Asia Pacific (Taipei)",),
    "ap-northeast-1": ("Asia Pacific (Tokyo)",),
    "ap-northeast-2": ("Asia Pacific (Seoul)",),
    "ap-northeast-3": ("Asia Pacific (Osaka)", "Asia Pacific (Osaka-Local)"),
    "ap-south-1": ("Asia Pacific (Mumbai)",),
    "ap-south-2": ("Asia Pacific (Hyderabad)",),
    "ap-southeast-1": ("Asia Pacific (Singapore)",),
    "ap-southeast-2": ("Asia Pacific (Sydney)", "Australia (Sydney)"),
    "ap-southeast-3": ("Asia Pacific (Jakarta)",),
    "ap-southeast-4": ("Asia Pacific (Melbourne)", "Australia (Melbourne)"),
    "ap-southeast-5": ("Asia Pacific (Malaysia)",),
    "ap-southeast-6": ("Asia Pacific (New Zealand)",),
    "ap-southeast-7": ("Asia Pacific (Thailand)",),
}

_CODES = {name: code for code, names in _NAMES.items() for name in names}

LEGACY_CODES: Mapping[str, str] = {
    "us-east": "us-east-1",
    "us-west": "us-west-1",
    "eu-ireland": "eu-west-1",
    "apac-sin": "ap-southeast-1",
    "apac-syd": "ap-southeast-2",
    "apac-tokyo": "ap-northeast-1",
}
"""Codes that the spot feed used for the oldest regions."""


def location_names(region: str) -> tuple[str, ...]:
    """Every spelling of a region's name; empty for a region without a known one."""
    return _NAMES.get(region, ())


def region_of(name: str) -> str | None:
    """The region that a feed names; None for a name nobody has seen."""
    return _CODES.get(" ".join(name.split()))
