import Glibc

/// How long it takes to set up a TCP connection.
package enum ConnectionSetup {
    /// Connects to `address` and resets the connection at once, so that neither end keeps state for it. Something must
    /// listen there.
    ///
    /// - Returns: the nanoseconds of the three-way handshake, as connect(2) and poll(2) observe it.
    package static func nanoseconds(
        to address: SocketAddress, timeoutMilliseconds: Int32
    ) throws(SystemError) -> UInt64 {
        let isIPv6 = !address.isIPv4
        let socket = try FileDescriptor.socket(isIPv6 ? AF_INET6 : AF_INET, SOCK_STREAM)
        let number = socket.number
        // Reset on close: otherwise the kernel would keep the port for a minute (TIME_WAIT).
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        try systemCall("setsockopt SO_LINGER", "0") {
            negatedErrno(setsockopt(number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size)))
        }
        try systemCall("fcntl O_NONBLOCK", "TCP socket") { negatedErrno(fcntl(number, F_SETFL, O_NONBLOCK)) }
        let begin = MonotonicClock.now()
        let result = address.withSockaddr(forIPv6Socket: isIPv6) { negatedErrno(connect(number, $0, $1)) }
        if result < 0, result != -Int(EINPROGRESS) {
            throw SystemError(call: "connect", errno: Int32(-result), subject: "TCP \(address)")
        }
        if result < 0 {
            var wanted = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
            let ready = try systemCall("poll", "TCP \(address)") {
                negatedErrno(poll(&wanted, 1, timeoutMilliseconds))
            }
            guard ready > 0 else { throw SystemError(call: "connect", errno: ETIMEDOUT, subject: "TCP \(address)") }
        }
        let end = MonotonicClock.now()
        let error = try socket.option(SOL_SOCKET, SO_ERROR, "SO_ERROR")
        guard error == 0 else { throw SystemError(call: "connect", errno: error, subject: "TCP \(address)") }
        return end - begin
    }
}
