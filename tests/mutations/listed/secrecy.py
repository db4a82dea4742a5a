"""Promises 3 and 9: what nobody may read, and the order of a lobby before it is drawn."""

from tests.mutations.mutation import Mutation

_IN_MODES = "integration/test_embedded_modes.py::"

MUTATIONS = (
    Mutation(
        name="an_embedded_servers_files_are_as_open_as_the_umask_says",
        promise=9,
        file="cli/embedded/valkey.py",
        old="            umask=UMASK,\n",
        new="",
        noticed_by=(f"{_IN_MODES}test_valkey_keeps_its_data_to_its_owner",),
    ),
    Mutation(
        name="a_folder_that_was_left_open_stays_open",
        promise=9,
        file="cli/private_files.py",
        old="            _restrict(Path(entry.path), 0)\n",
        new="            pass\n",
        noticed_by=(f"{_IN_MODES}test_a_folder_that_a_version_before_left_open_is_closed",),
    ),
    Mutation(
        name="postgres_keeps_its_folder_open_to_all",
        promise=9,
        file="cli/embedded/postgres.py",
        old="make_private(self.folder, passable=os.geteuid() == 0, leave=_OF_POSTGRES)",
        new="self.folder.chmod(0o755)",
        noticed_by=(
            f"{_IN_MODES}test_postgres_keeps_its_data_to_its_owner",
            f"{_IN_MODES}test_the_demo_closes_its_folder",
        ),
    ),
)
