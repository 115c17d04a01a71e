// The parts of the Linux API that Swift's importer cannot see: ioctls and other macros that compute numbers, variadic
// calls, and declarations that glibc has for _GNU_SOURCE only. No logic: every function makes one system call (or reads
// one field) and returns a value >= 0, or -errno.
//
// Swift's prebuilt Glibc module hides glibc's GNU-only names. The few that we need are declared here under our prefix
// and bound to the C library by their assembler names.

#ifndef SEALANE_CLINUX_H
#define SEALANE_CLINUX_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <net/if.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timex.h>

#include <linux/capability.h>
#include <linux/if_tun.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/udp.h>

#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>

static inline int clinux_result(long result) {
    return result < 0 ? -errno : (int)result;
}

// Errors

extern const char *clinux_strerrorname_np(int) __asm__("strerrorname_np");
extern const char *clinux_strerrordesc_np(int) __asm__("strerrordesc_np");

// "EACCES"; NULL for an unknown number.
static inline const char *clinux_errno_name(int number) {
    return clinux_strerrorname_np(number);
}

// "Permission denied", never translated; NULL for an unknown number.
static inline const char *clinux_errno_text(int number) {
    return clinux_strerrordesc_np(number);
}

// TUN (Documentation/networking/tuntap.rst)

static inline int clinux_tun_attach(int fd, const char *name, int multi_queue, int with_header) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    request.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | (multi_queue ? IFF_MULTI_QUEUE : 0)
                                | (with_header ? IFF_VNET_HDR : 0));
    return clinux_result(ioctl(fd, TUNSETIFF, &request));
}

// 1 if the driver supports the header (IFF_VNET_HDR), otherwise 0.
static inline int clinux_tun_knows_header(int fd) {
    unsigned int features = 0;
    int result = clinux_result(ioctl(fd, TUNGETFEATURES, &features));
    return result < 0 ? result : (features & IFF_VNET_HDR) != 0;
}

// 1 if the attached device's packets carry the header, otherwise 0.
static inline int clinux_tun_has_header(int fd) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    int result = clinux_result(ioctl(fd, TUNGETIFF, &request));
    return result < 0 ? result : (request.ifr_flags & IFF_VNET_HDR) != 0;
}

static inline int clinux_tun_set_header_size(int fd, int size) {
    return clinux_result(ioctl(fd, TUNSETVNETHDRSZ, &size));
}

// `offloads`: TUN_F_... of linux/if_tun.h.
static inline int clinux_tun_set_offloads(int fd, uint32_t offloads) {
    return clinux_result(ioctl(fd, TUNSETOFFLOAD, (unsigned long)offloads));
}

static inline int clinux_tun_set_persistent(int fd, int persistent) {
    return clinux_result(ioctl(fd, TUNSETPERSIST, (unsigned long)(persistent ? 1 : 0)));
}

static inline int clinux_tun_set_owner(int fd, uint32_t user) {
    return clinux_result(ioctl(fd, TUNSETOWNER, (unsigned long)user));
}

static inline int clinux_tun_set_group(int fd, uint32_t group) {
    return clinux_result(ioctl(fd, TUNSETGROUP, (unsigned long)group));
}

// Removes the BPF program that chooses a packet's queue, if one is set (Linux 4.16).
static inline int clinux_tun_clear_steering(int fd) {
    int none = -1;
    return clinux_result(ioctl(fd, TUNSETSTEERINGEBPF, &none));
}

// Removes the BPF program that drops packets, if one is set (Linux 4.16).
static inline int clinux_tun_clear_filter(int fd) {
    int none = -1;
    return clinux_result(ioctl(fd, TUNSETFILTEREBPF, &none));
}

// `name` has room for IFNAMSIZ (16) bytes.
static inline int clinux_tun_name(int fd, char *name) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    int result = clinux_result(ioctl(fd, TUNGETIFF, &request));
    memcpy(name, request.ifr_name, IFNAMSIZ);
    name[IFNAMSIZ - 1] = 0;
    return result;
}

static inline int clinux_interface_mtu(int fd, const char *name) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    int result = clinux_result(ioctl(fd, SIOCGIFMTU, &request));
    return result < 0 ? result : request.ifr_mtu;
}

// Datagrams

// kernel: struct mmsghdr
struct clinux_mmsghdr {
    struct msghdr msg_hdr;
    unsigned int msg_len;
};
_Static_assert(sizeof(struct clinux_mmsghdr) == sizeof(struct msghdr) + sizeof(size_t), "mmsghdr: msghdr, length, pad");
_Static_assert(offsetof(struct clinux_mmsghdr, msg_len) == sizeof(struct msghdr), "mmsghdr: the length follows msghdr");

extern int clinux_libc_recvmmsg(int, struct clinux_mmsghdr *, unsigned int, int, struct timespec *) __asm__("recvmmsg");
extern int clinux_libc_sendmmsg(int, struct clinux_mmsghdr *, unsigned int, int) __asm__("sendmmsg");

static inline int clinux_recvmmsg(int fd, struct clinux_mmsghdr *messages, unsigned int count) {
    return clinux_result(clinux_libc_recvmmsg(fd, messages, count, MSG_DONTWAIT, NULL));
}

static inline int clinux_sendmmsg(int fd, struct clinux_mmsghdr *messages, unsigned int count) {
    return clinux_result(clinux_libc_sendmmsg(fd, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL));
}

// kernel: struct ucred
struct clinux_ucred {
    int32_t pid;
    uint32_t uid;
    uint32_t gid;
};
_Static_assert(sizeof(struct clinux_ucred) == 12, "ucred: three 32-bit numbers");

static inline int clinux_peer_credentials(int fd, struct clinux_ucred *credentials) {
    socklen_t length = sizeof *credentials;
    return clinux_result(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, &length));
}

// Waiting

static inline int clinux_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = events;
    event.data.u64 = token;
    return clinux_result(epoll_ctl(epoll, operation, fd, &event));
}

// Waits with nanosecond precision (Linux 5.11; -ENOSYS before). A NULL timeout waits without limit.
static inline int clinux_epoll_pwait2(int epoll, void *events, int capacity, const struct timespec *timeout) {
    return clinux_result(syscall(SYS_epoll_pwait2, epoll, events, capacity, timeout, NULL, (size_t)0));
}

static inline int clinux_epoll_wait(int epoll, void *events, int capacity, int milliseconds) {
    return clinux_result(epoll_wait(epoll, (struct epoll_event *)events, capacity, milliseconds));
}

static inline size_t clinux_epoll_event_size(void) {
    return sizeof(struct epoll_event);
}

static inline uint64_t clinux_epoll_token(const void *events, int index) {
    return ((const struct epoll_event *)events)[index].data.u64;
}

static inline uint32_t clinux_epoll_readiness(const void *events, int index) {
    return ((const struct epoll_event *)events)[index].events;
}

// Files

// kernel: include/uapi/asm-generic/fcntl.h
enum { clinux_o_path = 010000000, clinux_o_tmpfile = 020000000 | O_DIRECTORY };

// As renameat(2), but -EEXIST if the new name exists (kernel: RENAME_NOREPLACE).
static inline int clinux_rename_anew(int directory, const char *from, const char *to) {
    return clinux_result(syscall(SYS_renameat2, directory, from, directory, to, 1U));
}

// Clocks

// 1 if a time service has told the kernel that the clock is right (STA_UNSYNC is clear), otherwise 0.
static inline int clinux_is_clock_synchronised(void) {
    struct timex state;
    memset(&state, 0, sizeof state);
    int result = clinux_result(adjtimex(&state));
    return result < 0 ? result : (state.status & STA_UNSYNC) == 0;
}

// Threads and processes

// kernel: cpu_set_t, of 1024 processors
struct clinux_processors {
    uint64_t words[16];
};
extern int clinux_pthread_attr_setaffinity_np(pthread_attr_t *, size_t, const struct clinux_processors *)
    __asm__("pthread_attr_setaffinity_np");

// 0 or an errno.
static inline int clinux_bind_to_processor(pthread_attr_t *attributes, int processor) {
    struct clinux_processors set = {{0}};
    if (processor < 0 || processor >= 1024) return EINVAL;
    set.words[processor / 64] = 1ULL << (processor % 64);
    return clinux_pthread_attr_setaffinity_np(attributes, sizeof set, &set);
}

// The number of processors on which the calling thread may run.
static inline int clinux_processor_count(void) {
    struct clinux_processors set = {{0}};
    int result = clinux_result(syscall(SYS_sched_getaffinity, 0, sizeof set, &set));
    if (result < 0) return result;
    int count = 0;
    for (int at = 0; at < 16; at++) count += __builtin_popcountll(set.words[at]);
    return count;
}

// Names the calling thread; the kernel keeps the first 15 bytes.
static inline int clinux_name_thread(const char *name) {
    return clinux_result(prctl(PR_SET_NAME, (unsigned long)name, 0UL, 0UL, 0UL));
}

extern int clinux_malloc_trim(size_t) __asm__("malloc_trim");

static inline int clinux_set_dumpable(int dumpable) {
    return clinux_result(prctl(PR_SET_DUMPABLE, (unsigned long)dumpable, 0UL, 0UL, 0UL));
}

static inline int clinux_forbid_core_files(void) {
    struct rlimit none = {0, 0};
    return clinux_result(setrlimit(RLIMIT_CORE, &none));
}

// 1 if the capability is in the calling thread's bounding set.
static inline int clinux_capability_in_bounding_set(int capability) {
    return clinux_result(prctl(PR_CAPBSET_READ, (unsigned long)capability, 0UL, 0UL, 0UL));
}

// Bit n of `mask` is capability n of the calling thread's effective set.
static inline int clinux_effective_capabilities(uint64_t *mask) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    memset(data, 0, sizeof data);
    int result = clinux_result(syscall(SYS_capget, &header, data));
    *mask = (uint64_t)data[0].effective | (uint64_t)data[1].effective << 32;
    return result;
}

#endif
