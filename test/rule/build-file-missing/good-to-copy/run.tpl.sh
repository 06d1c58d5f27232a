#!/bin/sh
docker build -t "$IMAGE_NAME" .
