#!/bin/bash
NAMES=(
    one two # a bracket ) in a comment
)
scripts/check.sh "${NAMES[@]}"
scripts/gone.sh
