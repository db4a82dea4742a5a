"""Promises 1 and 2: exactly as many coupons as there are, one per member."""

from tests.mutations.mutation import Mutation

_IN_ISSUE = "integration/test_issue.py::"
_FIRST_TABLES = "issuance/migrations/versions/0001_the_first_tables.py"
_MEETS = "integration/test_direct.py::test_the_last_one_goes_to_one_of_two_who_decide_at_once"
_FED_AGAIN = "integration/test_issue.py::test_a_batch_that_is_fed_again_gives_the_same_coupons"

MUTATIONS = (
    Mutation(
        name="the_check_never_over_issue_is_dropped",
        summary="the check `never_over_issue` is dropped",
        promise=1,
        file="issuance/migrations/versions/0001_the_first_tables.py",
        within="upgrade",
        old='sa.CheckConstraint("used_count BETWEEN 0 AND total_count", name="never_over_issue")',
        new="",
        noticed_by=(f"{_IN_ISSUE}test_the_constraint_never_over_issue_keeps_its_promise_alone",),
    ),
    Mutation(
        name="an_inventory_may_have_used_more_than_there_are",
        summary="an inventory may use more than its total",
        promise=1,
        file="domain/inventory.py",
        within="Inventory.__post_init__",
        old="0 <= self.used_count <= self.total_count",
        new="0 <= self.used_count",
        noticed_by=("unit/test_inventory.py::test_an_impossible_inventory_cannot_be_made",),
    ),
    Mutation(
        name="the_stock_does_not_go_down",
        summary="the stock does not decrease",
        promise=1,
        file="domain/coupon.py",
        within="Coupon.issue_to",
        old="self.inventory = self.inventory.use()",
        new="",
        noticed_by=(
            "unit/test_coupon.py::test_whatever_the_order_exactly_the_first_members_get_one_each",
        ),
    ),
    Mutation(
        name="batches_do_not_lock_the_coupon",
        promise=1,
        file="issuance/issue_transaction.py",
        within="FIND_LOCKED",
        old="_COUPON.with_for_update()",
        new="_COUPON",
        noticed_by=(
            "integration/test_issue.py::test_the_last_one_goes_to_one_of_two_batches_that_meet",
            f"{_MEETS}[pessimistic]",
        ),
    ),
    Mutation(
        name="pessimistic_without_its_lock",
        summary="the pessimistic way takes no lock",
        promise=1,
        file="issuance/locking/pessimistic.py",
        within="FIND_LOCKED",
        old="FIND_LOCKED",
        new="FIND as FIND_LOCKED",
        noticed_by=(f"{_MEETS}[pessimistic]",),
    ),
    Mutation(
        name="optimistic_without_comparing_the_version",
        summary="the optimistic way does not compare the version",
        promise=1,
        file="issuance/locking/optimistic.py",
        within="_WRITE",
        old='coupons.c.version == bindparam("read_version")',
        new="",
        noticed_by=(f"{_MEETS}[optimistic]",),
    ),
    Mutation(
        name="redis_lock_without_its_fence",
        summary="the Redis lock has no fence",
        promise=1,
        file="issuance/locking/redis_lock.py",
        within="_WRITE",
        old='coupons.c.fence == bindparam("token")',
        new="",
        noticed_by=(
            "integration/test_direct.py::test_a_holder_who_slept_past_the_lease_cannot_write",
        ),
    ),
    Mutation(
        name="the_constraint_one_per_member_is_dropped",
        summary="the constraint `one_per_member` is dropped",
        promise=2,
        file="issuance/migrations/versions/0001_the_first_tables.py",
        within="upgrade",
        old='sa.UniqueConstraint("coupon_id", "member_id", name="one_per_member")',
        new="",
        noticed_by=(
            "integration/test_issue.py::test_the_constraint_one_per_member_keeps_its_promise_alone",
        ),
    ),
    Mutation(
        name="who_already_holds_one_is_not_asked",
        summary="the coupon does not check existing holders",
        promise=2,
        file="domain/coupon.py",
        within="Coupon.issue_to",
        old="if held := self._held.get(member.id):\n    return held",
        new="",
        noticed_by=(
            _FED_AGAIN,
            "unit/test_coupon.py::test_asking_twice_gives_the_same_coupon_and_takes_one",
        ),
    ),
    Mutation(
        name="the_coupon_is_not_told_who_holds_one",
        summary="existing holders are not loaded",
        promise=2,
        file="issuance/issue_transaction.py",
        within="IssueTransaction.load_coupon",
        old="coupon.recall(held, refused)",
        new="coupon.recall([], refused)",
        noticed_by=(_FED_AGAIN,),
    ),
    Mutation(
        name="a_second_attempt_names_another_id",
        summary="a second attempt creates another id",
        promise=2,
        file="domain/coupon.py",
        within="Coupon.issue_to",
        old="uuid5(self.id, member.id)",
        new='__import__("uuid").uuid4()',
        noticed_by=("unit/test_coupon.py::test_a_repeated_attempt_names_the_same_id",),
    ),
)
