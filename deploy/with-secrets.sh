#!/bin/sh
# Runs a command in a container. The content of the file PGPASSWORD_FILE or SCRAPYD_PASSWORD_FILE is exported as the
# variable without _FILE. Scrapyd is not started without a password, as it would accept everyone.
set -eu
for name in PGPASSWORD SCRAPYD_PASSWORD; do
    file=$(printenv "${name}_FILE" || true)
    if [ -n "$file" ]; then
        secret=$(cat "$file")
        export "$name=$secret"
    fi
done
if [ "$1" = scrapyd ] && [ -z "${SCRAPYD_PASSWORD:-}" ]; then
    echo "scrapyd needs SCRAPYD_PASSWORD, or SCRAPYD_PASSWORD_FILE with a password in it" >&2
    exit 2
fi
exec "$@"
