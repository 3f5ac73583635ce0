"""Starts the chat: ``python app.py``. The same as ``medqa serve`` and, once installed, ``make run``."""

import logging
import sys

from medqa.config import load_settings
from medqa.errors import MedqaError
from medqa.surfaces.web import run

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    try:
        run(load_settings())
    except MedqaError as error:
        sys.exit(str(error))
