#!/bin/bash
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
echo "$TARGET"
