#!/bin/bash
echo "baking"
cd "$(dirname "$0")/cake-baking-oven"
docker build -t cake:1 .
