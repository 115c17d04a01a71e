import Logging
import SealaneTunnel

/// Limits the lines that peers can cause in the log and in the audit log. Peers, even refused ones, decide how often
/// something happens. The log has one line per kind, peer and minute; when the minute is over, it reports how many more
/// there would have been.
package struct PeerLines {
    /// A log line.
    package struct Line {
        package let level: Logger.Level
        package let message: Logger.Message
        package let metadata: Logger.Metadata

        package init(level: Logger.Level, message: Logger.Message, metadata: Logger.Metadata) {
            self.level = level
            self.message = message
            self.metadata = metadata
        }
    }

    /// A peer's state that a line reports. The latest state of a topic is the current one.
    package struct State: Sendable {
        package enum Topic: Sendable {
            /// This host's verdict on the peer.
            case verdict
            case session, lanes
        }

        package let topic: Topic
        /// The state in a few words. Several lines may report the same state.
        package let text: String

        package init(_ topic: Topic, _ text: String) {
            self.topic = topic
            self.text = text
        }
    }

    private struct Subject: Hashable {
        let peer: String
        let topic: State.Topic
    }

    private struct Suppression {
        let scope: Scope
        let state: State?
        let line: Line

        var subject: Subject? {
            guard let peer = scope.peer, let state else { return nil }
            return Subject(peer: peer, topic: state.topic)
        }
    }

    /// The origin of suppressed lines or records.
    private enum Scope: Hashable {
        case peer(String)
        /// This host's verdicts on the peer. Lines of other kinds cannot crowd them out.
        case verdicts(String)
        /// Hosts that are not peers.
        case strangers
        case all

        var peer: String? {
            switch self {
            case .peer(let name), .verdicts(let name): name
            case .strangers, .all: nil
            }
        }
    }

    /// Counters since the agent's start.
    package struct Suppressed: Sendable, Equatable {
        package var logLines: UInt64 = 0
        package var auditLines: UInt64 = 0
    }

    /// Log lines per minute, of all kinds together.
    private static var linesPerPeer: Int { 32 }
    /// Log lines per minute of all hosts together that are not peers.
    private static var linesOfStrangers: Int { 10 }
    /// Records of the audit log per minute. Verdict records are long; sessions begin and end by the clock.
    private static var verdictsPerPeer: Int { 4 }
    private static var sessionRecordsPerPeer: Int { 120 }

    package private(set) var suppressed = Suppressed()
    /// Keys: message, code and peer.
    private var kinds = MinuteBudget()
    private var scopes = MinuteBudget()
    /// Keys: whether it is a verdict, and peer.
    private var records = MinuteBudget()
    /// The latest suppressed line of each kind.
    private var latest: [MinuteBudget.Key: Suppression] = [:]
    /// The latest state of each subject, logged or not, while a line about the subject waits in `latest`.
    private var present: [Subject: String] = [:]
    /// The origins of suppressed lines and records.
    private var fullScopes: [MinuteBudget.Key: Scope] = [:]
    private var fullRecords: [MinuteBudget.Key: Scope] = [:]

    package init() {}

    /// For all peers together. What all peers cause when an agent starts is well below.
    private static func limit(peerCount: Int) -> Int { 1000 + 4 * peerCount }

    // MARK: The log

    /// Whether to log this line now. Otherwise it is reported at the end of the minute.
    ///
    /// - Parameters:
    ///   - peer: nil: the line is about a host that is not a peer.
    ///   - state: the state that the line reports; nil: the line reports an event.
    package mutating func admits(
        _ line: Line, of peer: String?, code: String, state: State? = nil, peerCount: Int, _ now: MonotonicTime
    ) -> Bool {
        let scope = peer.map { state?.topic == .verdict ? Scope.verdicts($0) : .peer($0) } ?? .strangers
        let suppression = Suppression(scope: scope, state: state, line: line)
        let kind = Self.key(line.message.description, code, peer)
        let isAdmitted: Bool
        if kinds.admits(kind, limit: 1, now) {
            isAdmitted = hasRoom(for: kind, suppression, peerCount, now)
        } else {
            isAdmitted = false
            latest[kind] = suppression
            suppressed.logLines += 1
        }
        if let subject = suppression.subject, !isAdmitted || present[subject] != nil { present[subject] = state?.text }
        return isAdmitted
    }

    /// Records a peer's state that no line reports.
    package mutating func record(_ state: State, of peer: String) {
        let subject = Subject(peer: peer, topic: state.topic)
        if present[subject] != nil { present[subject] = state.text }
    }

    private mutating func hasRoom(
        for kind: MinuteBudget.Key, _ suppression: Suppression, _ peerCount: Int, _ now: MonotonicTime
    ) -> Bool {
        let ownLimit = suppression.scope == .strangers ? Self.linesOfStrangers : Self.linesPerPeer
        for (scope, limit) in [(suppression.scope, ownLimit), (.all, Self.limit(peerCount: peerCount))] {
            let key = Self.key(scope)
            guard !scopes.admits(key, limit: limit, now) else { continue }
            fullScopes[key] = scope
            suppressed.logLines += 1
            // Anybody can invent more hosts that are not peers, so they are counted together and not stored.
            guard suppression.scope != .strangers else { return false }
            kinds.suppress(kind, now)
            latest[kind] = suppression
            return false
        }
        return true
    }

    private static func key(_ parts: any Hashable...) -> MinuteBudget.Key {
        var hasher = Hasher()
        for part in parts { hasher.combine(part) }
        return hasher.finalize()
    }

    /// The reports on suppressed lines of minutes that are over. Minutes end at different times; if a reported line is
    /// not the latest on its subject, the report includes the current state.
    package mutating func takeSummaries(peerCount: Int, _ now: MonotonicTime) -> [Line] {
        var lines: [Line] = []
        // First, to make room for the summaries.
        for (key, count) in scopes.takeEnded(now) {
            var metadata: Logger.Metadata = ["lines": "\(count)"]
            if let name = fullScopes.removeValue(forKey: key)?.peer { metadata["peer"] = "\(name)" }
            lines.append(
                Line(
                    level: .warning, message: "log lines left out: too many in the last minute",
                    metadata: metadata))
        }
        for (kind, count) in kinds.takeEnded(now) {
            guard let suppression = latest.removeValue(forKey: kind), hasRoom(for: kind, suppression, peerCount, now)
            else {
                continue
            }
            let last = suppression.line
            var metadata = last.metadata
            if let present = suppression.subject.flatMap({ self.present[$0] }), present != suppression.state?.text {
                metadata["now"] = "\(present)"
            }
            lines.append(
                Line(
                    level: last.level, message: "\(last.message), and \(count) more in the last minute",
                    metadata: metadata))
        }
        if !present.isEmpty {
            let waiting = Set(latest.values.lazy.compactMap(\.subject))
            present = present.filter { waiting.contains($0.key) }
        }
        return lines
    }

    // MARK: The audit log

    /// Whether there is room for a record of this peer.
    package mutating func admitsRecord(of peer: String, isVerdict: Bool, peerCount: Int, _ now: MonotonicTime) -> Bool {
        let limit = isVerdict ? Self.verdictsPerPeer : Self.sessionRecordsPerPeer
        for (scope, limit) in [(Scope.peer(peer), limit), (.all, Self.limit(peerCount: peerCount))] {
            let key = Self.key(scope, scope == .all ? false : isVerdict)
            guard !records.admits(key, limit: limit, now) else { continue }
            fullRecords[key] = scope
            suppressed.auditLines += 1
            return false
        }
        return true
    }

    /// The numbers of suppressed records in minutes that are over. A nil peer stands for all peers together.
    package mutating func takeLeftOutRecords(_ now: MonotonicTime) -> [(peer: String?, count: UInt64)] {
        records.takeEnded(now).map { key, count in
            (fullRecords.removeValue(forKey: key)?.peer, count)
        }
    }

    /// When the next minute ends; nil: no minute is running.
    package var nextEnd: MonotonicTime? {
        [kinds.nextEnd, scopes.nextEnd, records.nextEnd].compactMap(\.self).min()
    }
}
