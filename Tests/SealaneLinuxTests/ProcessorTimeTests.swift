import Glibc
import SealaneLinux
import TestSupport
import Testing

@Suite(.serialized) struct ProcessorTimeTests {
    @Test func `the time of this process agrees with getrusage`() throws {
        // Other tests of this process run meanwhile.
        let before = try CurrentProcess.usage().processorSeconds
        let own = try #require(ProcessorTime.seconds(ofProcess: getpid()))
        let after = try CurrentProcess.usage().processorSeconds
        #expect(own >= before - 0.1 && own <= after + 0.1)
    }

    @Test func `threads of this process are found, and the time of a busy one grows`() throws {
        let before = ProcessorTime.threadSeconds(ofProcess: getpid())
        #expect(before.contains { $0.thread == getpid() })
        let start = Dictionary(uniqueKeysWithValues: before.map { ($0.thread, $0.seconds) })
        /// The work of the busiest thread since then.
        func most() -> Double {
            ProcessorTime.threadSeconds(ofProcess: getpid()).map { $0.seconds - (start[$0.thread] ?? 0) }.max() ?? 0
        }
        let end = MonotonicClock.now() + Patience.nanoseconds
        while most() < 0.05, MonotonicClock.now() < end {}
        #expect(most() >= 0.05)
    }

    @Test func `a missing process has no time and no threads`() {
        // Above the kernel's maximum (PID_MAX_LIMIT, 2^22).
        #expect(ProcessorTime.seconds(ofProcess: 1 << 23) == nil)
        #expect(ProcessorTime.seconds(ofProcess: 0) == nil)
        #expect(ProcessorTime.threadSeconds(ofProcess: 1 << 23).isEmpty)
    }

    @Test func `the host's processor time is at least this process's`() throws {
        let before = try ProcessorTime.busySeconds()
        let own = try CurrentProcess.usage().processorSeconds
        while try CurrentProcess.usage().processorSeconds < own + 0.3 {}
        // Both are counted in ticks of 10 ms, on each processor.
        #expect(try ProcessorTime.busySeconds() - before > 0.2)
    }
}

@Suite struct ConnectionSetupTests {
    private func listener() throws -> (descriptor: CInt, port: UInt16) {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        try #require(result)
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    @Test func `connecting to a listener takes some time, and without a listener it is an error`() throws {
        let (descriptor, port) = try listener()
        let address = SocketAddress(ipv4: 0x7f00_0001, port: port)
        for _ in 0..<20 {
            let nanoseconds = try ConnectionSetup.nanoseconds(to: address, timeoutMilliseconds: 300_000)
            #expect(nanoseconds > 0)
            #expect(nanoseconds < Patience.nanoseconds)
            close(accept(descriptor, nil, nil))
        }
        close(descriptor)
        let error = #expect(throws: SystemError.self) {
            try ConnectionSetup.nanoseconds(to: address, timeoutMilliseconds: 300_000)
        }
        #expect(error?.errno == ECONNREFUSED)
    }
}
