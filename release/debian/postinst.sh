#!/bin/sh
set -e

home=/usr/lib/@PACKAGE@

restart() {
    unit=$1
    config=$2
    systemctl is-active --quiet "$unit" || return 0
    if "$home/bin/meterd" check -c "$config" >/dev/null 2>&1; then
        systemctl restart "$unit"
    else
        echo "@PACKAGE@: $config does not pass with this version, so $unit still runs the one before." >&2
        echo "@PACKAGE@: see '@PACKAGE@ check -c $config', then 'systemctl restart $unit'." >&2
    fi
}

case "$1" in
configure | abort-upgrade | abort-deconfigure | abort-remove)
    systemd-sysusers @PACKAGE@.conf
    systemd-tmpfiles --create @PACKAGE@.conf
    # Later nobody may write there, and a small machine should not compile at every start.
    "$home/bin/python3" -m compileall -q -j 0 --invalidation-mode unchecked-hash "$home/lib" >/dev/null || true
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload
        for unit in $(systemctl list-units --plain --no-legend @UNITS@ | cut -d ' ' -f 1); do
            restart "$unit" @CONFIG@
        done
    fi
    if [ ! -e @CONFIG@ ]; then
        echo "@PACKAGE@: write @CONFIG@ (an example is in /usr/share/@PACKAGE@/example),"
        echo "@PACKAGE@: then: systemctl enable --now @UNIT@"
    fi
    ;;
esac
