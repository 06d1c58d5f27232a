#!/bin/sh
docker build -t lamp-board:latest ./board
docker build -t lamp-clock:1.2 ./clock
docker build -t registry.home.example:5000/bell:latest ./bell
