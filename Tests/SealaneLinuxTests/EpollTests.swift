import Glibc
import SealaneLinux
import TestSupport
import Testing

@Suite struct EpollTests {
    /// kernel: EPOLLOUT
    private static let writable = Epoll.Readiness(rawValue: 4)

    @Test func `a signalled eventfd is reported with its token until it is drained`() throws {
        let first = try EventFD()
        let second = try EventFD()
        var epoll = try Epoll(capacity: 4)
        try epoll.add(first.fileDescriptor, for: .readable, token: 0xfedc_ba98_7654_3210)
        try epoll.add(second.fileDescriptor, for: .readable, token: 2)
        #expect(epoll.wait(timeoutNanoseconds: 0) == 0)
        first.signal()
        first.signal()
        #expect(epoll.wait(timeoutNanoseconds: nil) == 1)
        #expect(epoll.token(at: 0) == 0xfedc_ba98_7654_3210)
        #expect(epoll.readiness(at: 0) == .readable)
        second.signal()
        #expect(epoll.wait(timeoutNanoseconds: nil) == 2)
        #expect(Set([epoll.token(at: 0), epoll.token(at: 1)]) == [0xfedc_ba98_7654_3210, 2])
        #expect(first.drain() == 2)
        #expect(first.drain() == 0)
        #expect(second.drain() == 1)
        #expect(epoll.wait(timeoutNanoseconds: 0) == 0)
    }

    @Test func `modify changes the awaited readiness and token, and remove ends the wait`() throws {
        let event = try EventFD()
        var epoll = try Epoll()
        try epoll.add(event.fileDescriptor, for: .readable, token: 1)
        try epoll.modify(event.fileDescriptor, for: Self.writable, token: 5)
        #expect(epoll.wait(timeoutNanoseconds: 0) == 1)
        #expect(epoll.token(at: 0) == 5)
        #expect(epoll.readiness(at: 0) == Self.writable)
        try epoll.remove(event.fileDescriptor)
        #expect(epoll.wait(timeoutNanoseconds: 0) == 0)
        let error = systemError { try epoll.remove(event.fileDescriptor) }
        #expect(error?.errno == ENOENT)
    }

    @Test func `a wait ends at its timeout`() throws {
        var epoll = try Epoll()
        let before = MonotonicClock.now()
        #expect(epoll.wait(timeoutNanoseconds: 3_500_000) == 0)
        let waited = MonotonicClock.now() - before
        #expect(waited >= 3_500_000)
        #expect(waited < Patience.nanoseconds)
    }

    @Test func `another thread's signal ends a wait`() throws {
        let wake = try Wake()
        var epoll = try Epoll()
        try epoll.add(wake.event.fileDescriptor, for: .readable, token: 9)
        let thread = try LinuxThread.start(name: "waker") { wake.event.signal() }
        #expect(epoll.wait(timeoutNanoseconds: Patience.nanoseconds) == 1)
        thread.join()
    }

    private final class Wake: Sendable {
        let event: EventFD
        init() throws { event = try EventFD() }
    }
}
