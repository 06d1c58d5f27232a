#!/bin/sh
python3 collect_posters.py --run
