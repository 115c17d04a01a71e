# Which services begin when the host starts, by the links that systemd and init go by. Debian's packages make such links when
# they are installed: programs that tests start themselves must not come up with the machine from then on.
#
# Each function takes the root of the file system: empty for the host's own.

# start_links ROOT: every link by which something begins at the next start, one a line.
start_links() {
    local root=$1
    {
        find "$root/etc/systemd/system" "$root/etc/systemd/user" -mindepth 2 -maxdepth 2 -type l \
            \( -path '*.wants/*' -o -path '*.requires/*' \) 2>/dev/null || true
        find "$root"/etc/rc[2-5S].d -maxdepth 1 -name 'S*' 2>/dev/null || true
    } | sort
}

# disable_new_links BEFORE ROOT [SUDO...]: takes back each link that is not among BEFORE, the output of start_links. As an
# administrator does it: a link of systemd is removed, one of init begins with K from then on (update-rc.d(8)), so that the
# package's next version leaves it so. Prints the services' names.
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
