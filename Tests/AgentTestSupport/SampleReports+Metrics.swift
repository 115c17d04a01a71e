import SealaneAgent
import SealaneLinux

extension SampleReports {
    package static func metrics() throws -> MetricsReport {
        var handshakes = HandshakeCounts()
        (handshakes.established, handshakes.refused, handshakes.refusedByPeer, handshakes.unanswered) = (9, 8, 7, 6)
        var refusals = RefusalCounts()
        for peer in try list().peers {
            refusals.add(byThisHost: peer.verdict.reasons, byPeer: peer.refusedByPeer ?? [])
        }
        return MetricsReport(
            status: try status(), handshakes: handshakes, refusals: refusals, auditLinesLost: 3, logLinesLost: 6,
            logLinesSuppressed: 7, auditLinesSuppressed: 5, unlockedSecrets: 2,
            process: ProcessUsage(processorSeconds: 12.5, residentByteCount: 30_000_000, virtualByteCount: 400_000_000))
    }
}
