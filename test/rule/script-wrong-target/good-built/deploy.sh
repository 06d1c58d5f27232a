#!/bin/sh
sh ./build.sh
cp ./server /usr/local/bin
