import FoundationEssentials

/// What `iperf3 -J` says of one transfer.
public struct IPerfResult: Sendable, Equatable {
    /// As the receiver counted, in its own time.
    public let bitsPerSecond: Double
    public let seconds: Double
    public let receivedByteCount: Double
    /// Of TCP, all streams.
    public let retransmits: Int
    /// Datagrams that the receiver missed among those before the last that came.
    public let lostDatagrams: Int
    public let datagrams: Int
    /// What the sender offered.
    public let offeredDatagramsPerSecond: Double
    /// What iperf3 itself worked, in the user's program and in the kernel, here and at the other end.
    public let localProcessorSeconds: Double?
    public let remoteProcessorSeconds: Double?

    /// - Parameter json: what `iperf3 -J` writes, also when it fails.
    public init(json: [UInt8]) throws(BenchError) {
        let answer: Answer
        do {
            answer = try JSONDecoder().decode(Answer.self, from: Data(json))
        } catch {
            throw BenchError(
                "iperf3 says what is not understood: \(BenchText.quoted(String(decoding: json, as: UTF8.self)))")
        }
        if let error = answer.error { throw BenchError("iperf3: \(BenchText.quoted(error))") }
        guard let received = answer.end?.sum_received ?? answer.end?.sum,
            let sent = answer.end?.sum_sent ?? answer.end?.sum,
            [received.bits_per_second, received.seconds, received.bytes, sent.seconds].allSatisfy({
                $0.isFinite && $0 >= 0
            }),
            // What the other end counted comes as it says.
            [sent.retransmits, sent.packets, answer.end?.sum?.lost_packets, answer.end?.sum?.packets].allSatisfy({
                (0...1 << 53).contains($0 ?? 0)
            })
        else { throw BenchError("iperf3 tells no end.sum_received and end.sum_sent, or none that can be") }
        bitsPerSecond = received.bits_per_second
        seconds = received.seconds
        receivedByteCount = received.bytes
        retransmits = sent.retransmits ?? 0
        lostDatagrams = answer.end?.sum?.lost_packets ?? 0
        datagrams = answer.end?.sum?.packets ?? 0
        offeredDatagramsPerSecond = sent.seconds > 0 ? Double(sent.packets ?? 0) / sent.seconds : 0
        let share = answer.end?.cpu_utilization_percent
        localProcessorSeconds = share?.host_total.flatMap { Self.seconds(percent: $0, of: sent.seconds) }
        remoteProcessorSeconds = share?.remote_total.flatMap { Self.seconds(percent: $0, of: sent.seconds) }
    }

    /// 0...1; 1 if nothing came.
    public var loss: Double { datagrams > 0 ? min(Double(lostDatagrams) / Double(datagrams), 1) : 1 }

    /// nil: that cannot be.
    private static func seconds(percent: Double, of seconds: Double) -> Double? {
        (0...1e6).contains(percent) ? percent / 100 * seconds : nil
    }

    // As iperf3 names them.
    private struct Answer: Decodable {
        struct Sum: Decodable {
            let seconds: Double
            let bytes: Double
            let bits_per_second: Double
            let retransmits: Int?
            let lost_packets: Int?
            let packets: Int?
        }
        struct Share: Decodable {
            let host_total: Double?
            let remote_total: Double?
        }
        struct End: Decodable {
            let sum_sent: Sum?
            let sum_received: Sum?
            let sum: Sum?
            let cpu_utilization_percent: Share?
        }
        let end: End?
        let error: String?
    }
}
