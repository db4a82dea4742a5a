#!/bin/sh
# Run by Postgres' image when it makes a new database: lets the standby copy and follow it.
set -eu
echo "host replication $POSTGRES_USER all scram-sha-256" >> "$PGDATA/pg_hba.conf"
