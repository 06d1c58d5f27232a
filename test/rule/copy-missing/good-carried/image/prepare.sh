#!/bin/sh
set -eu
tar -xzf "$1" -C "$2"
cp "$(dirname "$0")/Dockerfile" "$2/Dockerfile"
cp "$(dirname "$0")/start.sh" "$2/start.sh"
