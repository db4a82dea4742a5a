"""Times and durations: those of the site's zone, as people read and type them."""

from tests.mutations.mutation import Mutation

_ZONES, _IN_ZONE = "unit/test_time_zone.py::", "integration/console/test_site_time_zone.py::"


def _mutation(name: str, file: str, within: str, old: str, new: str, test: str) -> Mutation:
    return Mutation(
        name=name, promise=8, file=file, within=within, old=old, new=new, noticed_by=(test,)
    )


MUTATIONS = (
    _mutation(
        "a_local_time_that_clocks_show_twice_is_taken",
        "domain/times/time_zone.py",
        "local_to_utc",
        "first.utcoffset() == second.utcoffset()",
        "True",
        f"{_ZONES}test_a_local_time_of_none_or_two_instants_is_refused",
    ),
    _mutation(
        "a_forms_times_are_utc_whatever_the_sites_zone",
        "web/pages/admin/coupon_form.py",
        "read_field",
        "local_to_utc(value, zone)",
        "local_to_utc(value, UTC)",
        f"{_IN_ZONE}test_a_forms_times_are_the_sites_local_times",
    ),
    _mutation(
        "a_form_shows_utc_whatever_the_sites_zone",
        "web/pages/admin/coupon_form.py",
        "format_field",
        "value.astimezone(language.zone)",
        "value.astimezone(UTC)",
        f"{_IN_ZONE}test_a_forms_times_are_the_sites_local_times",
    ),
    _mutation(
        "a_minute_and_a_half_is_shown_as_one_minute",
        "domain/times/duration.py",
        "split_duration",
        "parts.append((count, unit))",
        "parts = parts or [(count, unit)]",
        "unit/test_duration.py::test_what_is_shown_is_read_as_the_same_duration",
    ),
    _mutation(
        "a_form_shows_a_duration_in_plain_seconds",
        "web/pages/admin/coupon_form.py",
        "format_fields",
        "name in DURATIONS and isinstance(value, int)",
        "False",
        f"{_IN_ZONE}test_a_form_shows_durations_as_people_write_them",
    ),
    _mutation(
        "pages_are_in_utc_whatever_the_sites_zone",
        "web/i18n.py",
        "find_language",
        "get_language(found, _site_zone(request))",
        "languages()[found]",
        f"{_IN_ZONE}test_the_console_and_members_read_the_sites_time",
    ),
)
