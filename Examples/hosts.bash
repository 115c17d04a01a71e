# shellcheck shell=bash
# Functions for the examples that run hosts of their own. Such a script sources this file and calls `begin`.
#
#     a        b        c          hosts: a network and mount namespace each, with an agent
#     | .1     | .2     | .3       underlay: 10.77.0.x, in the order in which the hosts start
#     +--------+--------+--- br0   one switch, the bridge in the namespace of the script
#
# The namespaces have no names and end with their processes. Each host has its own /etc/sealane, /run/sealane and
# /var/lib/sealane in its mount namespace. The scripts run as root, or as any user if the kernel permits user namespaces.

export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

# --- Output: one line a step -----------------------------------------------------------------------------------------

if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
    bold='' dim='' red='' green='' plain=''
fi

failures=0

heading() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }

# Prints the current step on a terminal; the result replaces the line.
doing() { if [[ -t 1 ]]; then printf '  %s..  %s%s' "$dim" "$1" "$plain"; fi; }

line_start() { if [[ -t 1 ]]; then printf '\r\e[K'; fi; }

ok() {
    line_start
    printf '  %sok%s  %-42s %s%s%s\n' "$green" "$plain" "$1" "$dim" "${2:-}" "$plain"
}

# wrong TITLE [DETAILS]: prints a failed step and the observed output.
wrong() {
    failures=$((failures + 1))
    line_start
    printf '  %sno  %s%s\n' "$red" "$1" "$plain"
    if [[ -n ${2:-} ]]; then printf '%s\n' "$2" | sed 's/^/        /'; fi
}

give_up() {
    wrong "$@"
    exit 1
}

# Prints the last line, if no step failed.
all_held() {
    if ((failures == 0)); then
        printf '\n%sall steps passed%s, in %s s\n' "$green$bold" "$plain" "$SECONDS"
    fi
}

# --- Beginning and end -----------------------------------------------------------------------------------------------

# begin SCRIPT FOLDER PROGRAM...: starts SCRIPT again in new namespaces. FOLDER must contain each PROGRAM. Sets `programs` to
# FOLDER and `work` to a new folder for files, which `finish` removes.
begin() {
    local script=$1 program refusal
    programs=$(cd "$2" && pwd)
    shift 2
    example=$(basename "$(dirname "$script")")
    local own_namespaces=(unshare --net --mount)
    if ((EUID != 0)); then
        # Not mapped to root: as root, tcpdump would change its user, which such a namespace forbids.
        own_namespaces+=(--user --map-current-user --keep-caps)
    fi
    if [[ ${SEALANE_EXAMPLE_STAGE:-} != inside ]]; then
        for program; do
            [[ -x $programs/$program ]] || give_up "$programs/$program does not exist" "build it: make build"
        done
        if [[ ! -c /dev/net/tun ]]; then
            give_up "/dev/net/tun does not exist" "as root: modprobe tun; for a container: --device /dev/net/tun"
        fi
        if ! refusal=$("${own_namespaces[@]}" true 2>&1); then
            give_up "this user may not create network namespaces" "$refusal
run it as root: sudo Examples/$example/run; a container needs CAP_SYS_ADMIN and CAP_NET_ADMIN"
        fi
        SEALANE_EXAMPLE_STAGE=inside exec "${own_namespaces[@]}" "$script" "$programs"
    fi
    unset SEALANE_EXAMPLE_STAGE

    work=$(mktemp -d "/tmp/sealane-$example.XXXXXX")
    mkdir "$work/outside" # a host mounts the machine's directories here
    trap finish EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'wrong "line $LINENO: $BASH_COMMAND"' ERR
}

declare -A host_number host_pid agent_pid capture_pid public_key
hosts=()

finish() {
    local status=$? running
    trap - EXIT ERR
    mapfile -t running < <(jobs -p)
    # This script started all running jobs; the shell's messages about killed jobs are noise.
    { kill -KILL "${running[@]}" && wait; } 2>/dev/null || true
    if ((failures > 0)); then
        printf '\n%sthe %s failed%s; logs and captures: %s\n' "$red$bold" "$example" "$plain" "$work" >&2
        exit 1
    fi
    # Not recursive: on a host, outside/ contains the machine's own directories.
    find "$work" -maxdepth 1 -type f -delete
    rmdir "$work/outside" "$work"
    exit "$status"
}

# --- Hosts -----------------------------------------------------------------------------------------------------------

# on HOST COMMAND...: runs COMMAND on HOST.
on() {
    enter "$1"
    shift
    "${entering[@]}" "$@"
}

# enter HOST: sets `entering` to the prefix that runs a command on HOST. For commands in the background, so that `$!` is the
# command's own process id; all others use `on`.
enter() { entering=(nsenter --target "${host_pid[$1]}" --net --mount); }

# within SECONDS COMMAND...: repeats COMMAND until it succeeds, for at most SECONDS.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

# The first process of a host: gives the host its own /etc/sealane, /run/sealane and /var/lib/sealane, on file systems in
# memory. Links lead to everything else in the machine's directories.
# shellcheck disable=SC2016 # the host's shell expands it
become_host='
    set -e
    mount -t tmpfs tmpfs "$1"
    for directory in /etc /run /var/lib; do
        mkdir -p "$1$directory"
        mount --rbind "$directory" "$1$directory"
        mount -t tmpfs tmpfs "$directory"
        for entry in "$1$directory"/*; do ln -s "$entry" "$directory"/; done
        rm -f "$directory/sealane"
        mkdir -m 700 "$directory/sealane"
    done
    exec sleep infinity'

# start_hosts NAME...: the first host gets 10.77.0.1 on the switch.
start_hosts() {
    local name
    ip link set lo up
    ip link add br0 type bridge
    ip link set br0 up
    for name; do
        hosts+=("$name")
        host_number[$name]=${#hosts[@]}
        start_host "$name"
    done
}

start_host() {
    local name=$1
    # --keep-caps matters only without root. If this script is killed, its hosts end.
    setpriv --pdeathsig KILL unshare --net --mount --keep-caps \
        bash -c "$become_host" host "$work/outside" >"$work/$name-host.log" 2>&1 &
    host_pid[$name]=$!
    within 5 on "$name" test -d /var/lib/sealane ||
        give_up "host $name does not start" "$(cat "$work/$name-host.log")"
    ip link add "port-$name" type veth peer name eth0 netns "${host_pid[$name]}"
    ip link set "port-$name" master br0 up
    on "$name" ip link set lo up
    on "$name" ip address add "10.77.0.${host_number[$name]}/24" dev eth0
    on "$name" ip link set eth0 up
}

# put HOST NAME: writes standard input to /etc/sealane/NAME on HOST.
put() {
    # shellcheck disable=SC2016 # the host's shell expands it
    on "$1" sh -c 'umask 077 && cat >"/etc/sealane/$1"' put "$2"
}

# --- Agents ----------------------------------------------------------------------------------------------------------

# make_key HOST: creates HOST's private key and sets `public_key[HOST]`.
make_key() {
    # shellcheck disable=SC2016,SC2034 # the host's shell expands it; the scripts use it
    public_key[$1]=$(on "$1" sh -c \
        '"$1" key generate --out /etc/sealane/private.key && "$1" key public </etc/sealane/private.key' \
        make-key "$programs/sealane")
}

# start_agents HOST...: starts agents with the configurations HOST.yaml in `work`, and returns when they answer.
start_agents() {
    local name
    for name; do
        put "$name" sealane.yaml <"$work/$name.yaml"
        enter "$name"
        "${entering[@]}" setpriv --pdeathsig KILL "$programs/sealaned" --config /etc/sealane/sealane.yaml \
            >"$work/$name-agent.log" 2>&1 &
        agent_pid[$name]=$!
    done
    for name; do
        within 10 agent_is_up "$name" ||
            give_up "the agent on $name does not start" "$(tail -n 5 "$work/$name-agent.log")"
    done
}

agent_is_up() { on "$1" "$programs/sealane" status; }

# stop_agent HOST
stop_agent() {
    kill -TERM "${agent_pid[$1]}"
    wait "${agent_pid[$1]}" || wrong "the agent on $1 ends with status $?" "$(tail -n 5 "$work/$1-agent.log")"
    unset "agent_pid[$1]"
}

# Prints the routes that refuse packets to peers while no agent runs.
prohibited='ip route show type prohibit proto 73'

# The last step: stops all agents. Packets to peers stay refused until `sealane down`.
stop_all_agents() {
    doing 'the agents stop'
    kill -TERM "${agent_pid[@]}"
    if within 5 all_gone; then
        ok 'the agents stop' 'no interface, no socket'
    else
        wrong 'an interface or a control socket remains after SIGTERM' "on $host"
    fi
    doing 'packets to peers are still refused'
    if every_agent_host sh -c "test -n \"\$($prohibited)\""; then
        ok 'packets to peers are still refused' 'none leaves unencrypted while no agent runs'
    else
        wrong 'packets to peers may leave unencrypted after SIGTERM' "on $host"
    fi
    doing 'sealane down, on each host'
    if every_agent_host sh -c "'$programs/sealane' down >/dev/null" &&
        every_agent_host sh -c "test -z \"\$($prohibited)\""; then
        ok 'sealane down, on each host' 'removes the routes that refused them'
    else
        wrong 'sealane down does not remove all routes' "on $host"
    fi
}

# every_agent_host COMMAND...: succeeds if COMMAND succeeds on all hosts with an agent; else `host` is the one where it failed.
every_agent_host() {
    for host in "${hosts[@]}"; do
        ! on "$host" test -e /etc/sealane/sealane.yaml || on "$host" "$@" || return 1
    done
}

all_gone() {
    for host in "${hosts[@]}"; do
        ! on "$host" ip link show sealane0 && ! on "$host" test -e /run/sealane/control.sock || return 1
    done
}

# --- Captures --------------------------------------------------------------------------------------------------------

as_is=() # as root, tcpdump changes to a user that may not write here
((EUID != 0)) || as_is=(-Z root)

# start_capture NAME HOST INTERFACE: writes NAME.pcap; HOST may be `switch`.
start_capture() {
    local name=$1 entering=()
    [[ $2 == switch ]] || enter "$2"
    "${entering[@]}" tcpdump "${as_is[@]}" --immediate-mode -U -i "$3" -w "$work/$name.pcap" 2>"$work/$name-tcpdump.log" &
    capture_pid[$name]=$!
    within 5 grep -q 'listening on' "$work/$name-tcpdump.log" ||
        give_up "the capture on $3 of $2 does not start" "$(cat "$work/$name-tcpdump.log")"
}

stop_capture() {
    sleep 0.2
    kill -INT "${capture_pid[$1]}"
    wait "${capture_pid[$1]}" || true
}

# count_packets NAME FILTER...: counts the packets of NAME.pcap that match FILTER.
count_packets() {
    local name=$1
    shift
    tcpdump "${as_is[@]}" -nr "$work/$name.pcap" "$@" 2>/dev/null | wc -l
}
