#!/bin/sh
bash tools/prepare.sh
