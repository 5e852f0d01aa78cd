"""What the archive's files call things, for those that write and those that read them."""

#: Behind the name of a file that is being written, or was when its run was killed.
IN_PROGRESS = ".open"

# Fields of a file's first record.
RUN, SITE, EDITION = "isPartOf", "caravan-site", "caravan-edition"
