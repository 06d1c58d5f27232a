#!/bin/sh
set -e
# shellcheck source=../templates/store_env.sh.j2
. scripts/env.sh
restic backup /srv
