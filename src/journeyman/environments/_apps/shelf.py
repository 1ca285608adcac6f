"""The apps by name."""

from collections.abc import Mapping
from typing import Any

from journeyman.environments._apps import calendar, form, mail, settings, shop, table
from journeyman.environments._apps import map as town
from journeyman.environments._apps.app import App

APPS: Mapping[str, App[Any]] = {
    module.APP.name: module.APP for module in (calendar, form, mail, town, settings, shop, table)
}
