#!/bin/bash
# Looks for names in the documents that the scripts had once.
OLD_NAMES=(
    "scripts/wipe.sh"
    'scripts/grow.sh' # of the first year
    scripts/(old)/turn.sh
)
readonly GONE=(scripts/one.sh scripts/two.sh)
GONE+=(scripts/three.sh)
for name in "${OLD_NAMES[@]}" "${GONE[@]}"; do
    grep -r "$name" docs && echo "$name is spoken of"
done
scripts/check.sh
