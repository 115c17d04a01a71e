import FoundationEssentials

/// The report of one transfer from `iperf3 -J`.
package struct IPerfResult: Sendable, Equatable {
    /// Counted by the receiver, over the receiver's time.
    package let bitsPerSecond: Double
    package let seconds: Double
    package let receivedByteCount: Double
    /// TCP retransmits of all streams.
    package let retransmits: Int
    /// Datagrams missing before the last one that arrived.
    package let lostDatagrams: Int
    package let datagrams: Int
    /// The rate at which the sender sent.
    package let offeredDatagramsPerSecond: Double
    /// The CPU time of iperf3 itself, user and system, at this end and at the other.
    package let localProcessorSeconds: Double?
    package let remoteProcessorSeconds: Double?

    /// - Parameter json: the output of `iperf3 -J`, which is JSON also if iperf3 fails.
    package init(json: [UInt8]) throws(BenchError) {
        let answer: Answer
        do {
            answer = try JSONDecoder().decode(Answer.self, from: Data(json))
        } catch {
            throw BenchError(
                "iperf3 did not print a JSON report: \(BenchText.quoted(String(decoding: json, as: UTF8.self)))")
        }
        if let error = answer.error { throw BenchError("iperf3: \(BenchText.quoted(error))") }
        guard let received = answer.end?.sum_received ?? answer.end?.sum,
            let sent = answer.end?.sum_sent ?? answer.end?.sum,
            [received.bits_per_second, received.seconds, received.bytes, sent.seconds].allSatisfy({
                $0.isFinite && $0 >= 0
            }),
            // The counts of the other end may have any value.
            [sent.retransmits, sent.packets, answer.end?.sum?.lost_packets, answer.end?.sum?.packets].allSatisfy({
                (0...1 << 53).contains($0 ?? 0)
            })
        else { throw BenchError("the report of iperf3 has no valid end.sum_received and end.sum_sent") }
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

    /// The share of datagrams that was lost, 0...1; 1 if nothing arrived.
    package var loss: Double { datagrams > 0 ? min(Double(lostDatagrams) / Double(datagrams), 1) : 1 }

    /// Returns nil if the percentage is impossible.
    private static func seconds(percent: Double, of seconds: Double) -> Double? {
        (0...1e6).contains(percent) ? percent / 100 * seconds : nil
    }

    // The names are those of iperf3.
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
