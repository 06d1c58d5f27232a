#!/bin/sh
curl -fsSL https://raw.githubusercontent.com/anna/house/refs/heads/main/water.sh | sh
