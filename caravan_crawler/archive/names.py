"""What the archive's files call things, for those that write and those that read them."""

#: Behind the name of a file that is being written, or was when its run was killed.
IN_PROGRESS = ".open"

# Fields of a file's first record.
RUN, SITE, EDITION, IDENTITY = "isPartOf", "caravan-site", "caravan-edition", "caravan-identity"

#: Of a page that may be shown in a browser: the response as it was sent is not what was read …
READ = "caravan-read"
ELSEWHERE = "conversion"
#: … but this conversion record for the same moment.
HERE = "this"
