#!/bin/sh
# Makes a machine ready: `prepare.sh venv DIR` and `prepare.sh servers` for the suite, `prepare.sh packages` for packages.
# Installs Debian packages when it may (root or sudo), otherwise names them and stops.
set -eu

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

install_packages() {
    echo "meterd: installing Debian packages: $*" >&2
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "meterd: no apt-get here; please install: $*" >&2
        exit 1
    fi
    if ! as_root true; then
        echo "meterd: please run as root: apt-get install $*" >&2
        exit 1
    fi
    as_root apt-get update -qq >/dev/null
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

find_python() {
    for name in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "meterd: Python 3.11 or newer is needed (set PYTHON=...)" >&2
    exit 1
}

make_venv() {
    python=$(find_python)
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        install_packages "python$version-venv"
    fi
    [ -x "$1/bin/python" ] || "$python" -m venv "$1"
}

servers() {
    missing=""
    [ -x /usr/sbin/mosquitto ] || missing="$missing mosquitto"
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
    command -v socat >/dev/null 2>&1 || missing="$missing socat"
    command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
    command -v promtool >/dev/null 2>&1 || missing="$missing prometheus"
    command -v systemd-analyze >/dev/null 2>&1 || missing="$missing systemd"
    command -v setpriv >/dev/null 2>&1 || missing="$missing util-linux"
    ls /usr/lib/*/libmodbus.so.5 >/dev/null 2>&1 || missing="$missing libmodbus5"
    command -v mbpoll >/dev/null 2>&1 || missing="$missing mbpoll"
    command -v groff >/dev/null 2>&1 || missing="$missing groff-base"
    command -v sb >/dev/null 2>&1 || missing="$missing lrzsz"
    command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
    # Without a font that has them, Chinese characters are boxes, and their widths prove nothing.
    fc-list :lang=zh 2>/dev/null | grep -q . || missing="$missing fontconfig fonts-wqy-microhei"
    [ -z "$missing" ] || install_packages $missing
}

packages() {
    missing=""
    command -v debootstrap >/dev/null 2>&1 || missing="$missing debootstrap"
    command -v dpkg-deb >/dev/null 2>&1 || missing="$missing dpkg"
    [ -z "$missing" ] || install_packages $missing
}

case "${1:-}" in
    venv) make_venv "$2" ;;
    servers) servers ;;
    packages) packages ;;
    *) echo "usage: prepare.sh venv DIR | servers | packages" >&2; exit 2 ;;
esac
