import Logging
import SealaneTunnel

/// What the log and the audit log tell of peers, within bounds: a peer decides how often something happens, and a refused
/// one as well. Of each kind there is one line a peer and minute; how many more there would have been is told when the
/// minute is over.
package struct PeerLines {
    /// What would have been told.
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

    /// What a line tells of how a peer stands. Of several of one topic, the last holds.
    package struct State: Sendable {
        package enum Topic: Sendable {
            /// What this host thinks of the peer.
            case verdict
            case session, lanes
        }

        package let topic: Topic
        /// In a few words. Several lines may tell of one state.
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

    private struct Untold {
        let scope: Scope
        let state: State?
        let line: Line

        var subject: Subject? {
            guard let peer = scope.peer, let state else { return nil }
            return Subject(peer: peer, topic: state.topic)
        }
    }

    /// Whose lines or records were left out.
    private enum Scope: Hashable {
        case peer(String)
        /// What this host thinks of the peer, which the peer cannot crowd out with lines of other kinds.
        case verdicts(String)
        /// Hosts that are no peers.
        case strangers
        case all

        var peer: String? {
            switch self {
            case .peer(let name), .verdicts(let name): name
            case .strangers, .all: nil
            }
        }
    }

    /// Counted since the agent's start.
    package struct Suppressed: Sendable, Equatable {
        package var logLines: UInt64 = 0
        package var auditLines: UInt64 = 0
    }

    /// Lines of the log within a minute, of whatever kind.
    private static var linesPerPeer: Int { 32 }
    /// The same of all hosts together that are no peers.
    private static var linesOfStrangers: Int { 10 }
    /// Records of the audit log within a minute. Verdicts are long; sessions begin and end by the clock.
    private static var verdictsPerPeer: Int { 4 }
    private static var sessionRecordsPerPeer: Int { 120 }

    package private(set) var suppressed = Suppressed()
    /// By message, code and peer.
    private var kinds = MinuteBudget()
    private var scopes = MinuteBudget()
    /// By whether they are verdicts, and peer.
    private var records = MinuteBudget()
    /// The last line of a kind that was not told.
    private var latest: [MinuteBudget.Key: Untold] = [:]
    /// The last state, told or not, while a line of one waits in `latest`.
    private var present: [Subject: String] = [:]
    /// Whose lines and records were left out.
    private var fullScopes: [MinuteBudget.Key: Scope] = [:]
    private var fullRecords: [MinuteBudget.Key: Scope] = [:]

    package init() {}

    /// For all peers together: what all of them cause when an agent starts is well below.
    private static func limit(peerCount: Int) -> Int { 1000 + 4 * peerCount }

    // MARK: The log

    /// Whether this line is to be told now. One that is not is told at the end of a minute.
    ///
    /// - Parameters:
    ///   - peer: nil: the line is about a host that is no peer.
    ///   - state: what it tells of; nil: of something that happened.
    package mutating func admits(
        _ line: Line, of peer: String?, code: String, state: State? = nil, peerCount: Int, _ now: MonotonicTime
    ) -> Bool {
        let scope = peer.map { state?.topic == .verdict ? Scope.verdicts($0) : .peer($0) } ?? .strangers
        let untold = Untold(scope: scope, state: state, line: line)
        let kind = Self.key(line.message.description, code, peer)
        let isAdmitted: Bool
        if kinds.admits(kind, limit: 1, now) {
            isAdmitted = hasRoom(for: kind, untold, peerCount, now)
        } else {
            isAdmitted = false
            latest[kind] = untold
            suppressed.logLines += 1
        }
        if let subject = untold.subject, !isAdmitted || present[subject] != nil { present[subject] = state?.text }
        return isAdmitted
    }

    /// Takes in how a peer stands by now where no line tells it.
    package mutating func note(_ state: State, of peer: String) {
        let subject = Subject(peer: peer, topic: state.topic)
        if present[subject] != nil { present[subject] = state.text }
    }

    private mutating func hasRoom(
        for kind: MinuteBudget.Key, _ untold: Untold, _ peerCount: Int, _ now: MonotonicTime
    ) -> Bool {
        let ownLimit = untold.scope == .strangers ? Self.linesOfStrangers : Self.linesPerPeer
        for (scope, limit) in [(untold.scope, ownLimit), (.all, Self.limit(peerCount: peerCount))] {
            let key = Self.key(scope)
            guard !scopes.admits(key, limit: limit, now) else { continue }
            fullScopes[key] = scope
            suppressed.logLines += 1
            // Of hosts that are no peers anybody can make up more: they are counted together, and not kept.
            guard untold.scope != .strangers else { return false }
            kinds.suppress(kind, now)
            latest[kind] = untold
            return false
        }
        return true
    }

    private static func key(_ parts: any Hashable...) -> MinuteBudget.Key {
        var hasher = Hasher()
        for part in parts { hasher.combine(part) }
        return hasher.finalize()
    }

    /// What is to be told of lines that were not, now that their minute is over. Minutes end one after the other: where the line
    /// that is told last is not the last that there was of a state, it says what has come after it.
    package mutating func takeSummaries(peerCount: Int, _ now: MonotonicTime) -> [Line] {
        var lines: [Line] = []
        // First, so that there is room for the summaries.
        for (key, count) in scopes.takeEnded(now) {
            var metadata: Logger.Metadata = ["lines": "\(count)"]
            if let name = fullScopes.removeValue(forKey: key)?.peer { metadata["peer"] = "\(name)" }
            lines.append(
                Line(
                    level: .warning, message: "log lines left out: there were too many in the last minute",
                    metadata: metadata))
        }
        for (kind, count) in kinds.takeEnded(now) {
            guard let untold = latest.removeValue(forKey: kind), hasRoom(for: kind, untold, peerCount, now) else {
                continue
            }
            let last = untold.line
            var metadata = last.metadata
            if let present = untold.subject.flatMap({ self.present[$0] }), present != untold.state?.text {
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

    /// How many records were left out, and of whom, in the minutes that are over. Nil: of all peers together.
    package mutating func takeLeftOutRecords(_ now: MonotonicTime) -> [(peer: String?, count: UInt64)] {
        records.takeEnded(now).map { key, count in
            (fullRecords.removeValue(forKey: key)?.peer, count)
        }
    }

    /// When there is next something to take; nil: nothing is counted.
    package var nextEnd: MonotonicTime? {
        [kinds.nextEnd, scopes.nextEnd, records.nextEnd].compactMap(\.self).min()
    }
}
