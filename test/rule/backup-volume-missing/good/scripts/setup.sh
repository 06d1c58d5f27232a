#!/bin/bash
docker volume create made-by-hand
