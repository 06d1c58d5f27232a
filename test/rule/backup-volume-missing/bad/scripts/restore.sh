#!/bin/bash
# from the backup
docker run --rm -v oven-data:/data alpine tar x
