#!/bin/bash
cd "$(dirname "$0")/../cake-oven"
docker build -t cake:1 .
