import FoundationEssentials
import Logging
import SealaneControl
import SealaneEligibility
import SealaneLinux

/// One line of the audit log. The keys depend on the event. Within one schema version, keys and events are only added.
package struct AuditRecord: Codable, Sendable, Equatable {
    package enum Event: String, Codable, Sendable, CaseIterable {
        case agentStarted = "agent-started"
        case agentStopped = "agent-stopped"
        /// A request of the control API that changes something, or that was refused.
        case request
        /// SIGHUP made the agent read the configuration again.
        case reloadSignal = "reload-signal"
        /// This host's verdict on a peer changed.
        case verdict
        case sessionEstablished = "session-established"
        case sessionEnded = "session-ended"
        /// One peer, or all together, caused more records in a minute than allowed.
        case suppressed
    }

    /// This host's verdict on a peer.
    package enum Opinion: String, Codable, Sendable {
        case unjudged, eligible, refused
    }

    package var schemaVersion = ReportSchema.version
    /// RFC 3339, in UTC, with milliseconds.
    package private(set) var time: String
    package private(set) var event: Event

    package private(set) var version: String?

    /// From the request line; absent: the input was not an HTTP request. The target is cut after 256 characters.
    package private(set) var method: String?
    package private(set) var target: String?
    /// The HTTP status of the answer.
    package private(set) var status: Int?
    /// The caller's credentials; absent: the kernel did not say.
    package private(set) var uid: UInt32?
    package private(set) var gid: UInt32?
    package private(set) var pid: Int32?

    /// Why a request was refused or a reload failed, cut after 1024 characters; absent: it succeeded.
    package private(set) var error: String?

    /// The name of the peer that the record is about.
    package private(set) var peer: String?
    package private(set) var from: Opinion?
    package private(set) var to: Opinion?
    /// Empty unless refused. Each text is cut after 256 characters, because it may list all prefixes of a peer.
    package private(set) var reasons: [Reason]?
    /// Absent unless unjudged.
    package private(set) var missing: [Verdict.Need]?

    /// The number of suppressed records.
    package private(set) var count: UInt64?

    /// This host's session index, which the peer's datagrams carry.
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

    /// The fields of a request, for the log.
    var metadata: Logger.Metadata {
        let values: [(String, String?)] = [
            ("method", method), ("target", target), ("peer", peer), ("status", status.map { "\($0)" }),
            ("uid", uid.map { "\($0)" }), ("gid", gid.map { "\($0)" }), ("pid", pid.map { "\($0)" }),
        ]
        return Dictionary(
            uniqueKeysWithValues: values.compactMap { key, value in value.map { (key, "\($0)") } })
    }

    /// - Parameter peer: the peer that the request would add.
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

    /// - Parameter from: nil: the peer was not judged before.
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

    /// - Parameter peer: nil: all peers together.
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
