"""What tests of a lost line do: lose it, let the admitter come by, turn its clock."""

from __future__ import annotations

from domain.room_settings import RoomSettings

HASTE = RoomSettings(rate_per_s=10_000, burst=10_000, restore_s=0)
