# Functions about services that start at boot, by the links of systemd and init. Debian's packages create such links during
# installation. Tests start these programs themselves, so they must not start at boot.
#
# ROOT is the root of the file system: empty for the host's own.

# start_links ROOT: prints every link that starts a service at boot, one a line.
start_links() {
    local root=$1
    {
        find "$root/etc/systemd/system" "$root/etc/systemd/user" -mindepth 2 -maxdepth 2 -type l \
            \( -path '*.wants/*' -o -path '*.requires/*' \) 2>/dev/null || true
        find "$root"/etc/rc[2-5S].d -maxdepth 1 -name 'S*' 2>/dev/null || true
    } | sort
}

# disable_new_links BEFORE ROOT [SUDO...]: disables each link that is not in BEFORE, the output of start_links. Works as an
# administrator does: removes a link of systemd, and renames a link of init to begin with K (update-rc.d(8)), which the
# package's next version respects. Prints the services' names.
disable_new_links() {
    local before=$1 root=$2 link name
    shift 2
    while read -r link; do
        [[ -n $link ]] || continue
        name=${link##*/}
        if [[ $link == "$root"/etc/rc?.d/S* ]]; then
            "$@" mv "$link" "${link%/*}/K${name#S}"
            name=${name#S[0-9][0-9]}
        else
            "$@" rm "$link"
            name=${name%.service}
        fi
        echo "$name"
    done < <(comm -13 <(printf '%s\n' "$before") <(start_links "$root")) | sort -u
}
