#!/bin/bash
docker build -t soup:1 ./soup-cooking-pot
