import FoundationEssentials
import SealaneControl
import SealaneEligibility
import SealaneLinux

/// The counters and gauges of the whole agent: `GET /metrics`. Its size does not depend on the number of peers.
package struct MetricsReport: Sendable, Equatable {
    package var status: StatusReport
    package var handshakes: HandshakeCounts
    package var refusals: RefusalCounts
    /// This host's lanes over all peers with a session, by state.
    package var lanes: [PeerReport.Lane.State: Int]
    /// Absent: there is no audit log.
    package var auditLinesLost: UInt64?
    /// Log lines that nobody read in time.
    package var logLinesLost: UInt64
    /// Lines of the log and of the audit log that were left out because a peer caused too many.
    package var logLinesSuppressed: UInt64
    package var auditLinesSuppressed: UInt64
    /// Keys that the kernel did not lock in memory, since the agent's start.
    package var unlockedSecrets: UInt64
    /// Absent: the system does not say.
    package var process: ProcessUsage?
    /// When this host's certificate expires; absent: it has no certificate.
    package var certificateExpiresAt: Date?

    package init(
        status: StatusReport, handshakes: HandshakeCounts = HandshakeCounts(),
        refusals: RefusalCounts = RefusalCounts(), lanes: [PeerReport.Lane.State: Int] = [:],
        auditLinesLost: UInt64? = nil, logLinesLost: UInt64 = 0, logLinesSuppressed: UInt64 = 0,
        auditLinesSuppressed: UInt64 = 0, unlockedSecrets: UInt64 = 0,
        process: ProcessUsage? = nil, certificateExpiresAt: Date? = nil
    ) {
        self.status = status
        self.handshakes = handshakes
        self.refusals = refusals
        self.lanes = lanes
        self.auditLinesLost = auditLinesLost
        self.logLinesLost = logLinesLost
        self.logLinesSuppressed = logLinesSuppressed
        self.auditLinesSuppressed = auditLinesSuppressed
        self.unlockedSecrets = unlockedSecrets
        self.process = process
        self.certificateExpiresAt = certificateExpiresAt
    }
}
