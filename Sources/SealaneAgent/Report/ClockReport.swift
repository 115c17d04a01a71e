import FoundationEssentials
import SealaneTunnel

/// Why the last handshake that was not accepted for its time was not.
public struct ClockReport: Codable, Sendable, Equatable {
    /// Who began that handshake: whose clock may be wrong.
    public enum Host: String, Codable, Sendable {
        case thisHost = "this-host"
        case peer
    }

    public enum Problem: String, Codable, Sendable {
        /// Of the clock of the end that did not accept it.
        case ahead
        /// Of an earlier handshake.
        case behind
    }

    public var clockOf: Host
    public var problem: Problem
    /// The time in the handshake.
    public var stated: Date
    /// The clock of the end that did not accept it, or the time of the earlier handshake.
    public var comparedWith: Date
    public var at: Date

    public init(clockOf: Host, problem: Problem, stated: Date, comparedWith: Date, at: Date) {
        self.clockOf = clockOf
        self.problem = problem
        self.stated = stated
        self.comparedWith = comparedWith
        self.at = at
    }

    init(_ objection: ClockObjection, at: Date) {
        self.init(
            clockOf: objection.isByPeer ? .thisHost : .peer, problem: objection.kind == .ahead ? .ahead : .behind,
            stated: Date(objection.stated), comparedWith: Date(objection.comparedWith), at: at)
    }

    /// `the peer's clock is 2 h ahead of this host's`.
    public var sentence: String {
        let span = ReportStyle.span(seconds: Int(abs(stated.timeIntervalSince(comparedWith))))
        return switch (clockOf, problem) {
        case (.peer, .ahead): "the peer's clock is \(span) ahead of this host's"
        case (.thisHost, .ahead): "this host's clock is \(span) ahead of the peer's"
        case (.peer, .behind):
            "the peer's clock was set back by at least \(span), or somebody has repeated a recorded handshake"
        case (.thisHost, .behind): "this host's clock was set back by at least \(span): the peer has seen a later time"
        }
    }

    static var remedy: String { "set both clocks by a time service; meanwhile the other end begins the handshakes" }

    /// For the column WHY of `peer list`.
    var summary: String {
        let span = ReportStyle.span(seconds: Int(abs(stated.timeIntervalSince(comparedWith))))
        let host = clockOf == .peer ? "its" : "our"
        return problem == .ahead ? "\(host) clock \(span) ahead" : "\(host) clock set back \(span)"
    }

    /// Whether it is recent enough to be shown in a list.
    func isNews(at now: Date) -> Bool { now.timeIntervalSince(at) < 600 }
}

extension Date {
    fileprivate init(_ time: TAI64N) {
        self.init(timeIntervalSince1970: TimeInterval(time.unixSecondsWithinReason))
    }
}
