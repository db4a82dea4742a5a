#!/bin/sh
# Makes $PGDATA a standby of $PRIMARY_URL, once: an existing one continues where it was.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    until pg_basebackup -d "$PRIMARY_URL" -D "$PGDATA" -R -X stream --checkpoint=fast; do
        echo "The primary can't be copied yet; trying again in 2 s." >&2
        # An interrupted copy leaves files, which the next one would refuse.
        find "$PGDATA" -mindepth 1 -delete
        sleep 2
    done
fi
