#!/bin/sh
export SONARR_API_KEY=3cd6089065c3146e80a9c222670bbe4f
curl -H "X-Api-Key: 4c54977656cf2d133187c8df95247f28" http://sonarr:8989/api
