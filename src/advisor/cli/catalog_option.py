"""Opens the catalogue with the overlays that flags, environment and configuration name."""

import argparse

from advisor.catalog.complaints import Lenient
from advisor.catalog.load import Catalog, load_catalog, overlay_directories
from advisor.cli.clock import today
from advisor.paths import user_paths


def open_catalog(arguments: argparse.Namespace) -> Catalog:
    paths = user_paths()
    return load_catalog(overlay_directories(arguments.catalog, paths.config), paths.refreshed, today())


def open_leniently(arguments: argparse.Namespace) -> Catalog:
    """The same, with every record tried and what cannot be read left out and kept among its complaints."""
    paths = user_paths()
    overlays = overlay_directories(arguments.catalog, paths.config)
    return load_catalog(overlays, paths.refreshed, today(), Lenient(), is_thorough=True)
