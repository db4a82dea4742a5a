"""Whole sales in the console: the forecast, the audit trail, the overview and the comparison."""

from tests.mutations.mutation import Mutation

_FORECAST, _IN_AUDIT = "unit/test_sale_forecast.py::", "integration/console/test_audit_page.py::"
_IN_PAGES = "integration/console/test_coupon_steps.py::"


def _mutation(name: str, file: str, within: str, old: str, new: str, test: str) -> Mutation:
    return Mutation(
        name=name, promise=8, file=file, within=within, old=old, new=new, noticed_by=(test,)
    )


MUTATIONS = (
    _mutation(
        "a_forecast_lets_everybody_have_a_coupon",
        "domain/forecast/sale_forecast.py",
        "forecast_sale",
        "min(coupons, people)",
        "people",
        f"{_FORECAST}test_a_sale_with_too_few_coupons_is_over_when_they_are_gone",
    ),
    _mutation(
        "asking_for_a_forecast_creates_the_coupon",
        "web/pages/admin/coupons.py",
        "create",
        "people is not None",
        "False",
        f"{_IN_PAGES}test_a_form_forecasts_the_sale_without_saving_it",
    ),
    _mutation(
        "the_trails_filter_ignores_who_it_was",
        "issuance/audit.py",
        "AuditFilter.conditions",
        "self.who is not None",
        "False",
        f"{_IN_AUDIT}test_each_filter_leaves_out_what_it_does_not_take",
    ),
    _mutation(
        "a_page_of_the_trail_repeats_the_last_entry",
        "issuance/audit.py",
        "list_entries",
        "audit.c.id < before_id",
        "audit.c.id <= before_id",
        f"{_IN_AUDIT}test_pages_skip_and_repeat_no_entry_while_others_are_added",
    ),
    _mutation(
        "the_trails_csv_has_formulas",
        "issuance/export/audit_csv.py",
        "write_audit_csv",
        "as_text(one.who)",
        "one.who",
        f"{_IN_AUDIT}test_a_csv_has_no_text_that_a_spreadsheet_takes_for_a_formula",
    ),
    _mutation(
        "each_who_watches_the_overview_reads_all_rooms",
        "web/pages/admin/sale/room_figures.py",
        "RoomFigures._figures",
        "self._readings.get(code, read, fresh_s=FRESH_S)",
        "read()",
        "unit/test_room_figures.py::"
        "test_twenty_who_watch_two_hundred_rooms_cost_one_reading_a_room_and_second",
    ),
    _mutation(
        "archived_rooms_stay_in_the_overview",
        "web/pages/admin/sale/overview.py",
        "_is_shown",
        "(room.archived_at is not None) == is_archive",
        "True",
        "integration/console/test_overview_page.py::test_an_archived_room_is_in_the_archive_only",
    ),
    _mutation(
        "compared_charts_have_scales_of_their_own",
        "web/pages/admin/sale/comparison.py",
        "compare",
        "result_chart(one.minutes, scale=scale)",
        "result_chart(one.minutes)",
        "integration/console/test_overview_page.py::"
        "test_two_sales_are_compared_by_the_same_figures_and_scales",
    ),
    _mutation(
        "refusals_at_entry_count_as_told_in_line",
        "web/pages/admin/sale/comparison.py",
        "told_in_line",
        "figures.refused_in_all - figures.refused - figures.turned_away",
        "figures.refused_in_all - figures.refused",
        "integration/console/test_overview_page.py::"
        "test_two_sales_are_compared_by_the_same_figures_and_scales",
    ),
)
