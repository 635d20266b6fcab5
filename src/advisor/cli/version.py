"""What `advisor --version` says."""

import sys

from advisor import __version__

VERSION_LINE = f"advisor {__version__}, Python {sys.version_info.major}.{sys.version_info.minor}"
