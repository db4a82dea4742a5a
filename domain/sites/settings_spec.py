"""Settings spec of site rooms: the facts of each setting that only rooms of sites have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from domain.settings_spec import DAY_S, ROOM_SETTINGS, list_settings, setting_field

# Whether a living visit can be extended, up to session_max_s after its claim.
Renewal = Literal["off", "sliding"]
# Whether visitors may go to the site without waiting on the page.
Passthrough = Literal["off", "auto", "on"]
Algorithm = Literal["ES256", "RS256", "HS256"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)

TARGET_URL_LENGTH_MAX = 2_000
SESSION_S_MIN = 60


@dataclass(frozen=True, slots=True)
class SiteSettingValues:
    """A value for each setting of a site room; SiteSettings validates them.

    To add a setting: a field here, a column of `site_rooms` by a migration, and the code that reads
    it. Then run docs/update_catalogues.py and docs/update_settings.py.
    """

    target_url: str = setting_field(
        "",
        most=TARGET_URL_LENGTH_MAX,
        group="site",
        label="Address of the site",
        help=(
            "Where called visitors go if they didn’t come with an address of the site; empty: the "
            "site’s first host."
        ),
    )
    claim_s: int = setting_field(
        120,
        least=10,
        most=3_600,
        unit="s",
        group="site",
        label="Time to come after the call",
        help="A called visitor who has not come to the site by then is skipped.",
    )
    session_s: int = setting_field(
        600,
        least=SESSION_S_MIN,
        most=DAY_S,
        unit="s",
        group="site",
        label="Length of a visit",
        help="A visit ends after this time, unless it is renewed.",
    )
    renewal: Renewal = setting_field(
        "off",
        group="site",
        choices={"off": "Off", "sliding": "Sliding"},
        label="Renewal of visits",
        help=(
            "Off: a visit can’t be extended. Sliding: each renewal extends it by the length of a "
            "visit, up to the longest visit."
        ),
    )
    session_max_s: int = setting_field(
        3_600,
        least=SESSION_S_MIN,
        most=7 * DAY_S,
        unit="s",
        group="site",
        label="Longest visit",
        help="A renewed visit ends at the latest this long after it began.",
    )
    passthrough: Passthrough = setting_field(
        "auto",
        group="site",
        choices={"off": "Off", "auto": "Automatic", "on": "On"},
        label="Entry without waiting",
        help=(
            "Off: every visitor takes a place in line first. Automatic: a visitor goes straight to "
            "the site while nobody waits and a seat is free. On: everybody goes straight to the "
            "site, and no cap holds."
        ),
    )
    alg: Algorithm = setting_field(
        "ES256",
        group="site",
        choices={word: word for word in ALGORITHMS},
        label="Signature of passes",
        help=(
            "ES256 and RS256 sign with a key of PASS_KEYS, whose public part anybody can read. "
            "HS256 signs with the site’s pass secret, which its verifiers must know."
        ),
    )


SITE_SETTINGS = list_settings(SiteSettingValues)

# A site has no transactions of ours by which an autopilot could find the rate.
SETTINGS_OF_SITE_ROOMS = (
    *SITE_SETTINGS,
    *(one for one in ROOM_SETTINGS if one.group != "autopilot"),
)
