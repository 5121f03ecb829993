#!/bin/sh
# Installs meterd from this folder, without any network.
#
#   ./install.sh gateway            the gateway; as root also its units, users, manual pages and completion
#   ./install.sh master             the master's side
#   ./install.sh remove gateway     takes it away again; configuration and data stay
#   --prefix DIR                    where programs go, in place of /opt/meterd (master: /opt/meterd-master)
#   --programs-only                 nothing outside of the prefix: for a try without root
#
# Each version gets a folder of its own; `current` leads to the one in force, so that a step back is this script of
# the older bundle.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
version=$(cat "$here/VERSION")

fail() {
    echo "install.sh: $1" >&2
    exit "${2:-1}"
}

usage() {
    sed -n '2,12s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

action=install what="" prefix="" system=yes
while [ $# -gt 0 ]; do
    case "$1" in
    gateway | master) what=$1 ;;
    remove) action=remove ;;
    --prefix) shift && prefix=${1:?"--prefix needs a folder"} ;;
    --programs-only) system=no ;;
    *) usage ;;
    esac
    shift
done
case "$what" in
gateway) program=meterd units="meterd.service meterd-upload.service" ;;
master) program=meterd-master units="meterd-ingest.service meterd-ingest@.service" ;;
*) usage ;;
esac
prefix=${prefix:-/opt/$program}
[ "$system" = no ] || [ "$(id -u)" = 0 ] || fail "run it as root, or with --programs-only and --prefix"

# Where everything of the system's goes, and what it is called there.
placed() {
    for unit in $units; do echo "systemd/$unit /etc/systemd/system/$unit"; done
    echo "systemd/$program.sysusers /etc/sysusers.d/$program.conf"
    echo "systemd/$program.tmpfiles /etc/tmpfiles.d/$program.conf"
    echo "share/bash-completion/completions/$program /usr/local/share/bash-completion/completions/$program"
    echo "share/zsh/vendor-completions/_$program /usr/local/share/zsh/site-functions/_$program"
    echo "share/fish/vendor_completions.d/$program.fish /usr/local/share/fish/vendor_completions.d/$program.fish"
    for language in . zh_CN; do
        for page in "$here/share/man/$language/man1/$program".1.gz "$here/share/man/$language/man1/$program"-*.1.gz; do
            case "$program/$(basename "$page")" in meterd/meterd-master*) continue ;; esac
            name=$language/man1/$(basename "$page")
            echo "share/man/$name /usr/local/share/man/$name"
        done
    done
}

booted() { [ -d /run/systemd/system ]; }

if [ "$action" = remove ]; then
    if [ "$system" = yes ]; then
        for unit in $units; do ! booted || systemctl disable --now "$unit" 2>/dev/null || true; done
        placed | while read -r _ target; do rm -f "$target"; done
        rm -f "/usr/local/bin/$program"
        ! booted || systemctl daemon-reload
    fi
    rm -rf "$prefix"
    echo "$program is removed; what lies in /etc/$program and /var/lib/$program stays."
    exit 0
fi

(cd "$here" && sha256sum --check --quiet SHA256SUMS) || fail "the bundle is damaged or was changed"

case "$(uname -m)" in
x86_64) platform=x86_64 ;;
aarch64) platform=arm64 ;;
armv7l | armv8l) platform=armv7 ;;
*) fail "no wheels for $(uname -m)" ;;
esac
lock=$here/locks/$what-$platform.txt
[ -e "$lock" ] || fail "the $what cannot be installed on $platform"

python=""
for name in ${PYTHON:-} python3.11 python3.13 python3; do
    found=$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    case " $(cat "$here/PYTHONS") " in *" $found "*) python=$name && break ;; esac
done
[ -n "$python" ] || fail "needs Python $(cat "$here/PYTHONS") from Debian's package python3"

home=$prefix/$version
fresh=$home.new
rm -rf "$fresh"
mkdir -p "$prefix"
"$python" -m venv --without-pip "$fresh"
pip=$(echo "$here"/wheels/pip-*.whl)/pip
for list in "$lock" "$here/locks/meterd.txt"; do
    "$fresh/bin/python3" -I "$pip" --isolated install --quiet --no-index --no-deps --no-cache-dir \
        --disable-pip-version-check --root-user-action=ignore --require-hashes --find-links "$here/wheels" -r "$list"
done
# Moved only when it is whole. Programs name the folder that they were made in: ours is written anew, others go.
find "$fresh/bin" -mindepth 1 ! -name 'python*' -delete
rm -rf "$home.old"
[ ! -e "$home" ] || mv "$home" "$home.old"
mv "$fresh" "$home"
printf '#!%s/bin/python3 -I\nfrom gateway.__main__ import main\n\nmain()\n' "$home" >"$home/bin/meterd"
chmod 755 "$home/bin/meterd"
rm -rf "$home.old"
ln -sfn "$version" "$prefix/current"
"$prefix/current/bin/meterd" --version

[ "$system" = yes ] || exit 0
placed | while read -r source target; do
    mkdir -p "$(dirname "$target")"
    case "$source" in
    systemd/*.service)
        sed -e "s|/usr/lib/$program/|$prefix/current/|" \
            -e "s|file:///usr/share/doc/$program/|file://$prefix/share/doc/|" "$here/$source" >"$target"
        ;;
    *) cp "$here/$source" "$target" ;;
    esac
    chmod 644 "$target"
done
rm -rf "$prefix/share"
mkdir -p "$prefix/share" /usr/local/bin
cp -R "$here/share/doc" "$here/share/example" "$prefix/share/"
ln -sfn "$prefix/current/bin/meterd" "/usr/local/bin/$program"
systemd-sysusers "/etc/sysusers.d/$program.conf"
systemd-tmpfiles --create "/etc/tmpfiles.d/$program.conf"
if booted; then
    systemctl daemon-reload
    for unit in $units; do case "$unit" in *@*) ;; *) systemctl try-restart "$unit" ;; esac done
fi
echo "$program $version is installed; an example is in $prefix/share/example/$program."
