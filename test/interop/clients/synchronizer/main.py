"""A synchronizer as its authors start theirs."""

from __future__ import absolute_import

import os

from xosconfig import Config

here = os.path.dirname(os.path.abspath(__file__))
Config.init(
    os.path.join(here, "config.yaml"),
    "synchronizer-config-schema.yaml",
    os.path.join(here, "mounted_config.yaml"),
)

from xossynchronizer.synchronizer import Synchronizer  # noqa: E402

if __name__ == "__main__":
    Synchronizer().run()
