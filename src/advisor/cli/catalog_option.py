"""Opens the catalogue with the overlays that flags, environment and configuration name."""

import argparse

from advisor.catalog.load import Catalog, load_catalog, overlay_directories
from advisor.paths import user_paths


def open_catalog(arguments: argparse.Namespace) -> Catalog:
    return load_catalog(overlay_directories(arguments.catalog, user_paths().config))
