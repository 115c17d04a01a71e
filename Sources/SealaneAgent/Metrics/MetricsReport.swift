import FoundationEssentials
import SealaneControl
import SealaneEligibility
import SealaneLinux

/// The agent as a whole in numbers that add up over time: `GET /metrics`. Nothing in it grows with the number of peers.
package struct MetricsReport: Sendable, Equatable {
    package var status: StatusReport
    package var handshakes: HandshakeCounts
    package var refusals: RefusalCounts
    /// Lanes of this host, over all peers with a session, by how they stand.
    package var lanes: [PeerReport.Lane.State: Int]
    /// Absent: there is no audit log.
    package var auditLinesLost: UInt64?
    /// Lines of the log that nobody read in time.
    package var logLinesLost: UInt64
    /// Lines of the log and of the audit log that were left out since a peer caused too many.
    package var logLinesSuppressed: UInt64
    package var auditLinesSuppressed: UInt64
    /// Keys, since the agent's start, that the kernel did not lock in memory.
    package var unlockedSecrets: UInt64
    /// Absent: the system does not say.
    package var process: ProcessUsage?
    /// When this host's certificate expires; absent: it has none.
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

/// How the handshakes since the agent's start have ended.
package struct HandshakeCounts: Sendable, Equatable {
    /// In a session.
    package var established: UInt64 = 0
    /// In this host's refusal.
    package var refused: UInt64 = 0
    /// In the peer's.
    package var refusedByPeer: UInt64 = 0
    /// Without an answer: counts once each time that a peer becomes unreachable, however many attempts follow.
    package var unanswered: UInt64 = 0

    package init() {}
}

/// How many peers are refused for each reason at this moment. A peer counts for each of its reasons, once.
package struct RefusalCounts: Sendable, Equatable {
    /// By this host's verdict.
    package private(set) var byThisHost: [ReasonCode: Int] = [:]
    /// By what the peer answered.
    package private(set) var byPeer: [ReasonCode: Int] = [:]

    package init() {}

    /// Counts one peer.
    package mutating func add(byThisHost own: [Reason], byPeer theirs: [Reason]) {
        for code in Set(own.lazy.map(\.code)) { byThisHost[code, default: 0] += 1 }
        for code in Set(theirs.lazy.map(\.code)) { byPeer[code, default: 0] += 1 }
    }
}
