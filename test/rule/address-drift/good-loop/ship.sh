#!/bin/sh
# Each word of the list is a machine of its own.
for host in alder 192.168.77.13; do
	scp lamp.tar "$host:/tmp/lamp.tar"
done
