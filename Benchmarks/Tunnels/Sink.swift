import ArgumentParser
import Foundation
import SealaneLinux

/// Counts the datagrams of each blast and answers questions about the count, until it is ended.
struct Sink: ParsableCommand {
    @Argument var address: LoadAddress
    @Flag(help: "Accept joined datagrams (UDP_GRO), to see how many travel together.") var joined = false

    func run() throws {
        let socket = try UDPSocket.bind(to: address.socketAddress)
        if joined { try socket.setGRO(true) }
        var epoll = try Epoll(capacity: 1)
        try epoll.add(socket.fileDescriptor, for: .readable, token: 0)
        var received = ReceiveBatch(capacity: 64, bufferByteCount: joined ? 65_535 : 2048)
        var answers = SendBatch(capacity: 1, forIPv6Socket: socket.isIPv6)
        let answer = UnsafeMutableRawBufferPointer.allocate(byteCount: Datagram.minimumByteCount, alignment: 8)
        defer { answer.deallocate() }
        announceReadiness()

        var blast: UInt32 = 0
        var first: UInt64 = 0
        var count = Datagram.Count()
        while true {
            guard received.fill(from: socket) > 0 else {
                _ = epoll.wait(timeoutNanoseconds: nil)
                continue
            }
            let now = MonotonicClock.now()
            for index in 0..<received.count {
                let bytes = UnsafeRawBufferPointer(received.datagram(at: index))
                switch Datagram.kind(of: bytes) {
                case .counted:
                    if Datagram.blast(of: bytes) != blast {
                        blast = Datagram.blast(of: bytes)
                        first = now
                        count = Datagram.Count()
                    }
                    let size = received.origin(at: index).segmentByteCount
                    let datagramCount = (bytes.count + size - 1) / size
                    count.datagrams += UInt64(datagramCount)
                    count.nanoseconds = now - first
                    count.longestRun = max(count.longestRun, UInt32(datagramCount))
                case .question:
                    // If nothing of a blast arrived, its count is 0.
                    let asked = Datagram.blast(of: bytes)
                    Datagram.write(
                        .answer, blast: asked, asked == blast ? count : Datagram.Count(), to: answer)
                    answers.append(UnsafeRawBufferPointer(answer), to: received.source(at: index))
                    _ = answers.flush(to: socket)
                    answers.removeAll()
                case .answer, nil:
                    break
                }
            }
        }
    }
}

/// Reports to the benchmark that datagrams may be sent.
func announceReadiness() {
    FileHandle.standardOutput.write(Data("ready\n".utf8))
}
