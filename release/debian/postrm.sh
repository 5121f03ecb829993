#!/bin/sh
set -e

if [ -d /run/systemd/system ]; then
    systemctl daemon-reload || true
fi

# Data stays whatever happens: the state folder, and the archive, which people made.
if [ "$1" = purge ]; then
    if [ -d /etc/@PACKAGE@ ]; then
        find /etc/@PACKAGE@ -mindepth 1 -maxdepth 1 ! -name archive -exec rm -rf {} +
        rmdir --ignore-fail-on-non-empty /etc/@PACKAGE@/archive /etc/@PACKAGE@ 2>/dev/null || true
    fi
    rm -f /etc/credstore/@PACKAGE@.* /etc/credstore.encrypted/@PACKAGE@.*
    for unit in @UNITS@; do
        rm -rf "/etc/systemd/system/$unit.d"
    done
    if [ -d /var/lib/@PACKAGE@ ]; then
        echo "@PACKAGE@: /var/lib/@PACKAGE@ stays, with what waits there; remove it by hand if nobody needs it."
    fi
fi
