#!/bin/sh
# Runs a command in a container. A secret that lies in a file, NAME_FILE, becomes the variable NAME which the programs
# read: PGPASSWORD and SCRAPYD_PASSWORD. Scrapyd is not started without a password, as it would let everybody in.
set -eu
for name in PGPASSWORD SCRAPYD_PASSWORD; do
    file=$(printenv "${name}_FILE" || true)
    if [ -n "$file" ]; then
        secret=$(cat "$file")
        export "$name=$secret"
    fi
done
if [ "$1" = scrapyd ] && [ -z "${SCRAPYD_PASSWORD:-}" ]; then
    echo "scrapyd needs SCRAPYD_PASSWORD, or SCRAPYD_PASSWORD_FILE with something in it" >&2
    exit 2
fi
exec "$@"
