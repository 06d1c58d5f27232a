#!/bin/sh
set -e
echo 'FROM alpine:3.20' > Dockerfile.try
docker build -t localhost:5000/try:1 -f Dockerfile.try .
rm Dockerfile.try
