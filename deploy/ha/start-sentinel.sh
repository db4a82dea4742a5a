#!/bin/sh
# Starts a Sentinel. It writes what it learns into its file, so the file is made once and then kept.
set -eu
file="$SENTINEL_FOLDER/sentinel.conf"
if [ ! -s "$file" ]; then
    umask 077
    cp "$(dirname "$0")/sentinel.conf" "$file.new"
    for name in SENTINEL_PORT SENTINEL_FOLDER SENTINEL_HOST SENTINEL_PASSWORD DOWN_AFTER_MS \
        PRIMARY_HOST PRIMARY_PORT REDIS_PASSWORD; do
        eval "value=\$$name"
        # Passwords are parts of URLs, so they have no | and no &.
        sed -i "s|\${$name}|$value|" "$file.new"
    done
    mv "$file.new" "$file"
fi
exec "${REDIS_SERVER:-redis-server}" "$file" --sentinel
