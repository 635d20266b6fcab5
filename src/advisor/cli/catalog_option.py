"""Opens the catalogue with the overlays that flags, environment and configuration name."""

import argparse

from advisor.catalog.load import Catalog, load_catalog, overlay_directories
from advisor.cli.clock import today
from advisor.paths import user_paths


def open_catalog(arguments: argparse.Namespace) -> Catalog:
    paths = user_paths()
    return load_catalog(overlay_directories(arguments.catalog, paths.config), paths.refreshed, today())
