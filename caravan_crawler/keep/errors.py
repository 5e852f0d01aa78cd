"""What can be wrong with a store, each with the exit code it means."""


class StoreError(Exception):
    """The store cannot be opened or written; its text is one line for the user, ``code`` the run's exit code."""

    code = 1


class StoreRefusedError(StoreError):
    """The settings name no store that this crawler can use."""

    code = 2


class StoreLockedError(StoreError):
    """Another run uses the store."""

    code = 5
