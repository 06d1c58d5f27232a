#!/bin/bash
# backup of another machine
VOLUMES=(a-data b-data c-data bread-config)
