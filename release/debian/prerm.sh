#!/bin/sh
set -e

case "$1" in
remove | deconfigure)
    if [ -d /run/systemd/system ]; then
        for unit in $(systemctl list-units --all --plain --no-legend @UNITS@ | cut -d ' ' -f 1); do
            systemctl disable --now "$unit" || true
        done
    fi
    ;;
esac

# What was compiled here belongs to no package: without it nothing stays behind.
find /usr/lib/@PACKAGE@/lib -type d -name __pycache__ -prune -exec rm -rf {} +
