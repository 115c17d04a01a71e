import ArgumentParser
import Foundation
import Glibc
import NetworkLab
import SealaneFigures
import SealaneLinux
import TunnelFigures
import TestSupport

/// The result of `Blast`, in datagrams per second.
struct BlastReport: Codable {
    let offered: Double
    let delivered: Double
    let lossFree: Double
}

/// Sends datagrams to a `Sink`: first as many as possible, then at rates that bisect towards the loss-free one.
struct Blast: ParsableCommand {
    @Option var to: LoadAddress
    @Option(help: "Bytes of a datagram's payload.") var size: Int
    @Option(help: "Seconds of the blast at full speed.") var seconds: Double
    @Option(help: "Seconds of each attempt at a rate.") var stepSeconds: Double
    @Option(help: "The number of halvings in the search.") var steps: Int

    func run() throws {
        var source = try DatagramSource(to: to.socketAddress, size: size)
        let full = try source.blast(rate: nil, seconds: seconds)
        let delivered = full.count.perSecond
        // The tunnel may carry more than it delivers under a flood, but never more than was offered.
        let lossFree = try LossFreeSearch.rate(upTo: min(full.offered, 2 * delivered), steps: steps) { rate in
            let result = try source.blast(rate: rate, seconds: stepSeconds)
            // If the sender could not keep the rate, the rate was not tested: count it as failed.
            guard result.offered > 0.98 * rate else { return 1 }
            return 1 - Double(result.count.datagrams) / Double(result.sent)
        }
        let report = BlastReport(offered: full.offered, delivered: delivered, lossFree: lossFree)
        FileHandle.standardOutput.write(try JSONEncoder().encode(report))
    }
}

/// Sends a few runs to a `Sink --joined` and prints the greatest number of datagrams that arrived together.
struct Runs: ParsableCommand {
    @Option var to: LoadAddress

    func run() throws {
        var source = try DatagramSource(to: to.socketAddress, size: 1400)
        print(try source.runs(of: 32, count: 8).longestRun)
    }
}

/// A socket that sends copies of one datagram to a `Sink`.
struct DatagramSource: ~Copyable {
    struct Result {
        let sent: Int
        /// Datagrams per second that were sent.
        let offered: Double
        let count: Datagram.Count
    }

    private let socket: UDPSocket
    private let destination: SocketAddress
    private let size: Int
    private let bytes: UnsafeMutableRawBufferPointer
    private var batch: SendBatch
    private var received = ReceiveBatch(capacity: 8, bufferByteCount: 2048)
    private var blast = UInt32.random(in: 1...UInt32.max)

    init(to: SocketAddress, size: Int) throws {
        socket = try UDPSocket.bind(to: SocketAddress(ipv4: 0, port: 0))
        destination = to
        self.size = size
        batch = SendBatch(capacity: 64, forIPv6Socket: socket.isIPv6)
        // Room for a run of 64 datagrams.
        bytes = .allocate(byteCount: max(size, Datagram.minimumByteCount) * 64, alignment: 8)
        bytes.initializeMemory(as: UInt8.self, repeating: 0x5a)
    }

    deinit {
        bytes.deallocate()
    }

    /// - Parameter rate: datagrams per second; nil: as many as the kernel accepts.
    mutating func blast(rate: Double?, seconds: Double) throws -> Result {
        blast &+= 1
        Datagram.write(.counted, blast: blast, to: bytes)
        let datagram = UnsafeRawBufferPointer(rebasing: bytes[..<size])
        let begin = MonotonicClock.now()
        let total = rate.map { Int($0 * seconds) } ?? Int.max
        var sent = 0
        var elapsed = 0.0
        while sent < total {
            elapsed = Double(MonotonicClock.now() - begin) / 1e9
            if rate == nil, elapsed >= seconds { break }
            let due = rate.map { min(total, Int($0 * elapsed) + 1) - sent } ?? batch.capacity
            guard due > 0 else {
                usleep(50)
                continue
            }
            for _ in 0..<min(due, batch.capacity) { batch.append(datagram, to: destination) }
            let outcome = batch.flush(to: socket)
            batch.removeAll()
            sent += outcome.sent
            if outcome.failed > 0 { throw Failure("the kernel refuses datagrams of \(size) bytes to \(destination)") }
            if outcome.remaining > 0 { usleep(20) }
        }
        elapsed = Double(MonotonicClock.now() - begin) / 1e9
        return Result(sent: sent, offered: Double(sent) / elapsed, count: try settledCount())
    }

    mutating func runs(of datagrams: Int, count: Int) throws -> Datagram.Count {
        blast &+= 1
        for index in 0..<datagrams {
            Datagram.write(
                .counted, blast: blast, to: UnsafeMutableRawBufferPointer(rebasing: bytes[(index * size)...]))
        }
        let run = UnsafeRawBufferPointer(rebasing: bytes[..<(datagrams * size)])
        for _ in 0..<count { batch.append(run: run, segmentByteCount: size, to: destination) }
        let outcome = batch.flush(to: socket)
        batch.removeAll()
        guard outcome.sent == count else { throw Failure("the kernel took \(outcome.sent) of \(count) runs") }
        return try settledCount()
    }

    /// Asks the sink until its count of the last blast stops growing, so that queued datagrams are counted too.
    private mutating func settledCount() throws -> Datagram.Count {
        var last: Datagram.Count?
        for _ in 0..<200 {
            usleep(40_000)
            guard let count = ask() else { continue }
            if count == last { return count }
            last = count
        }
        throw Failure("the sink at \(destination) does not answer, or still receives after 8 s")
    }

    private mutating func ask() -> Datagram.Count? {
        Datagram.write(.question, blast: blast, to: bytes)
        batch.append(UnsafeRawBufferPointer(rebasing: bytes[..<Datagram.minimumByteCount]), to: destination)
        _ = batch.flush(to: socket)
        batch.removeAll()
        for _ in 0..<20 {
            if received.fill(from: socket) > 0 {
                for index in 0..<received.count {
                    let answer = UnsafeRawBufferPointer(received.datagram(at: index))
                    if Datagram.kind(of: answer) == .answer, Datagram.blast(of: answer) == blast {
                        return Datagram.count(of: answer)
                    }
                }
            }
            usleep(1000)
        }
        return nil
    }
}
