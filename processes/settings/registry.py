"""The settings of all processes."""

from __future__ import annotations

from processes.settings.admitter import AdmitterSettings
from processes.settings.web import WebSettings
from processes.settings.worker import WorkerSettings

ALL_SETTINGS = (WebSettings, AdmitterSettings, WorkerSettings)
