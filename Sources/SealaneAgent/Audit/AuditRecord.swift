import FoundationEssentials
import Logging
import SealaneControl
import SealaneEligibility
import SealaneLinux

/// One line of the audit log. Which keys there are depends on the event; within one version keys and events are only added.
package struct AuditRecord: Codable, Sendable, Equatable {
    package enum Event: String, Codable, Sendable, CaseIterable {
        case agentStarted = "agent-started"
        case agentStopped = "agent-stopped"
        /// A request of the control API that could change something, or was refused.
        case request
        /// SIGHUP: the configuration was read again.
        case reloadSignal = "reload-signal"
        /// This host judges a peer otherwise than before.
        case verdict
        case sessionEstablished = "session-established"
        case sessionEnded = "session-ended"
        /// Of one peer, or of all together, more was to be told within a minute than a peer may cause.
        case suppressed
    }

    /// What this host thinks of a peer.
    package enum Opinion: String, Codable, Sendable {
        case unjudged, eligible, refused
    }

    package var schemaVersion = ReportSchema.version
    /// RFC 3339, in UTC, with milliseconds.
    package private(set) var time: String
    package private(set) var event: Event

    package private(set) var version: String?

    /// As in the request line; absent if what came is no request. Of a target, the first 256 characters.
    package private(set) var method: String?
    package private(set) var target: String?
    /// Of the answer, by HTTP.
    package private(set) var status: Int?
    /// Who asked; absent: the kernel did not say.
    package private(set) var uid: UInt32?
    package private(set) var gid: UInt32?
    package private(set) var pid: Int32?

    /// Why nothing was applied, or why a request was refused, the first 1024 characters; absent: it was not.
    package private(set) var error: String?

    /// The peer's name: that the request would add, that is judged, or that the session is with.
    package private(set) var peer: String?
    package private(set) var from: Opinion?
    package private(set) var to: Opinion?
    /// Empty unless refused. Of each text the first 256 characters: one may list all prefixes of a peer.
    package private(set) var reasons: [Reason]?
    /// Absent unless unjudged.
    package private(set) var missing: [Verdict.Need]?

    /// How many records there would have been.
    package private(set) var count: UInt64?

    /// This host's index of the session, which datagrams of the peer carry.
    package private(set) var session: UInt32?
    package private(set) var suite: String?
    /// Whether this host began the handshake.
    package private(set) var initiator: Bool?

    private static func cut(_ text: String, to characterLimit: Int) -> String {
        String(text.unicodeScalars.prefix(characterLimit))
    }

    private init(_ event: Event, _ time: Date) {
        self.event = event
        self.time = time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    package static func agentStarted(version: String = Release.version, at time: Date = Date()) -> AuditRecord {
        var record = AuditRecord(.agentStarted, time)
        record.version = version
        return record
    }

    package static func agentStopped(at time: Date = Date()) -> AuditRecord {
        AuditRecord(.agentStopped, time)
    }

    /// Of a request, for the log.
    var metadata: Logger.Metadata {
        let values: [(String, String?)] = [
            ("method", method), ("target", target), ("peer", peer), ("status", status.map { "\($0)" }),
            ("uid", uid.map { "\($0)" }), ("gid", gid.map { "\($0)" }), ("pid", pid.map { "\($0)" }),
        ]
        return Dictionary(
            uniqueKeysWithValues: values.compactMap { key, value in value.map { (key, "\($0)") } })
    }

    /// - Parameter peer: that the request would add.
    package static func request(
        method: String?, target: String?, peer: String?, status: Int, error: String? = nil,
        by caller: PeerCredentials?, at time: Date = Date()
    ) -> AuditRecord {
        var record = AuditRecord(.request, time)
        record.method = method
        record.target = target.map { cut($0, to: 256) }
        record.peer = peer
        record.status = status
        record.error = error.map { cut($0, to: 1024) }
        (record.uid, record.gid, record.pid) = (caller?.uid, caller?.gid, caller?.pid)
        return record
    }

    package static func reloadSignal(error: String?, at time: Date = Date()) -> AuditRecord {
        var record = AuditRecord(.reloadSignal, time)
        record.error = error.map { cut($0, to: 1024) }
        return record
    }

    /// - Parameter from: nil: it was not judged yet.
    package static func verdict(
        on peer: String, from: Verdict?, to: Verdict, at time: Date = Date()
    ) -> AuditRecord {
        var record = AuditRecord(.verdict, time)
        record.peer = peer
        record.from = Opinion(from)
        record.to = Opinion(to)
        record.reasons = to.reasons.map {
            Reason(
                code: $0.code, observed: cut($0.observed, to: 256), required: cut($0.required, to: 256),
                source: cut($0.source, to: 256))
        }
        if !to.missing.isEmpty { record.missing = to.missing }
        return record
    }

    package static func sessionEstablished(
        _ session: UInt32, with peer: String, suite: String, initiator: Bool, at time: Date = Date()
    ) -> AuditRecord {
        var record = AuditRecord(.sessionEstablished, time)
        record.session = session
        record.peer = peer
        record.suite = suite
        record.initiator = initiator
        return record
    }

    /// - Parameter peer: nil: all together.
    package static func suppressed(_ count: UInt64, of peer: String?, at time: Date = Date()) -> AuditRecord {
        var record = AuditRecord(.suppressed, time)
        record.peer = peer
        record.count = count
        return record
    }

    package static func sessionEnded(_ session: UInt32, with peer: String, at time: Date = Date()) -> AuditRecord {
        var record = AuditRecord(.sessionEnded, time)
        record.session = session
        record.peer = peer
        return record
    }
}

extension AuditRecord.Opinion {
    fileprivate init(_ verdict: Verdict?) {
        self =
            switch verdict {
            case nil, .unjudged: .unjudged
            case .eligible: .eligible
            case .refused: .refused
            }
    }
}
