"""What can be wrong with an archive."""


class ArchiveError(Exception):
    """A path cannot be read as an archive; its text is one line for the user."""
