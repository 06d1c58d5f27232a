#!/bin/sh
if [ -z "$DNS_PASSWORD" ]; then
	echo "Example:"
	echo "  DNS_PASSWORD=MyB3stP@ssw0rd4711"
	exit 1
fi
