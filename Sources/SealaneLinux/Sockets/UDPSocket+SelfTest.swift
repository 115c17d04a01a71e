import Glibc

/// Self-tests for start-up. Each sends a few datagrams between two sockets of the loopback address, and waits at most a
/// second. They show what the *kernel* supports. Only sending on a route shows whether the route supports runs:
/// `SendBatch.Outcome.refusedRun`.
extension UDPSocket {
    /// Whether a sent run (`SendBatch.append(run:segmentByteCount:to:)`) arrives as its datagrams, unchanged, with and
    /// without a short last datagram. Kernels 7.0 to 7.1.4 corrupt runs whose datagrams are all equal in size.
    package static func supportsGSO(ipv6: Bool = false) -> OffloadSupport {
        selfTest(ipv6: ipv6, joining: false)
    }

    /// Whether a run that is sent to a socket with `setGRO` arrives joined and with its datagrams' size. Sends by GSO:
    /// if `supportsGSO` is refused, so is this.
    package static func supportsGRO(ipv6: Bool = false) -> OffloadSupport {
        selfTest(ipv6: ipv6, joining: true)
    }

    private static func selfTest(ipv6: Bool, joining: Bool) -> OffloadSupport {
        do throws(SystemError) {
            let loopback =
                ipv6 ? SocketAddress(high: 0, low: 1, port: 0) : SocketAddress(ipv4: 0x7f00_0001, port: 0)
            let sender = try UDPSocket.bind(to: loopback)
            let receiver = try UDPSocket.bind(to: loopback)
            // First, whether a datagram arrives at all.
            if let failure = exchange([7], segmentByteCount: 1, sender, receiver, joining: false) {
                return .untested(failure)
            }
            return testRuns(sender, receiver, joining: joining)
        } catch {
            return .untested(error)
        }
    }

    private static func testRuns(
        _ sender: borrowing UDPSocket, _ receiver: borrowing UDPSocket, joining: Bool
    ) -> OffloadSupport {
        do throws(SystemError) {
            if joining { try receiver.setGRO(true) }
        } catch {
            return .refused(error)
        }
        for byteCount in [16 * 1200, 8 * 1200 + 1] {
            let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 1200) }
            if let failure = exchange(bytes, segmentByteCount: 1200, sender, receiver, joining: joining) {
                return .refused(failure)
            }
        }
        return .works
    }

    /// Sends `bytes` as one message and receives them; nil if all arrived as expected.
    private static func exchange(
        _ bytes: [UInt8], segmentByteCount: Int, _ sender: borrowing UDPSocket, _ receiver: borrowing UDPSocket,
        joining: Bool
    ) -> SystemError? {
        let subject = "\(receiver.localAddress)"
        var batch = SendBatch(capacity: 1, forIPv6Socket: sender.isIPv6)
        let refusal = bytes.withUnsafeBytes { memory in
            batch.append(run: memory, segmentByteCount: segmentByteCount, to: receiver.localAddress)
            let outcome = batch.flush(to: sender)
            let refusal = outcome.sent == 1 ? 0 : outcome.stoppedBy != 0 ? outcome.stoppedBy : batch.failure(at: 0)
            batch.removeAll()
            return refusal
        }
        guard refusal == 0 else {
            return SystemError(call: "sendmmsg UDP_SEGMENT", errno: refusal, subject: subject)
        }
        var received = ReceiveBatch(capacity: 32, bufferByteCount: 65_536)
        var offset = 0
        while offset < bytes.count {
            var waiting = pollfd(fd: receiver.fileDescriptor, events: Int16(POLLIN), revents: 0)
            guard retryingInterrupts({ negatedErrno(poll(&waiting, 1, 500)) }) > 0 else {
                return SystemError(
                    call: "recvmmsg", errno: ETIMEDOUT, subject: subject,
                    advice: "\(bytes.count - offset) of \(bytes.count) bytes of a run did not arrive")
            }
            guard received.fill(from: receiver) > 0 else { continue }
            for index in 0..<received.count {
                let message = received.datagram(at: index)
                let expected = joining ? bytes.count : min(segmentByteCount, bytes.count - offset)
                guard received.source(at: index) == sender.localAddress else { continue }
                guard message.count == expected, offset + expected <= bytes.count,
                    received.origin(at: index).segmentByteCount == min(segmentByteCount, expected),
                    message.elementsEqual(bytes[offset..<offset + expected])
                else {
                    return SystemError(
                        call: "recvmmsg", errno: EBADMSG, subject: subject,
                        advice: "a run of \(bytes.count) bytes in datagrams of \(segmentByteCount) arrived changed: "
                            + "\(message.count) bytes in datagrams of \(received.origin(at: index).segmentByteCount)")
                }
                offset += expected
            }
        }
        return nil
    }
}
