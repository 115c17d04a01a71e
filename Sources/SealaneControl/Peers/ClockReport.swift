import FoundationEssentials
import SealaneEligibility

/// The last handshake that was rejected for its time.
package struct ClockReport: Codable, Sendable, Equatable {
    /// The host that began the handshake, whose clock may be wrong.
    package enum Host: String, Codable, Sendable {
        case thisHost = "this-host"
        case peer
    }

    package enum Problem: String, Codable, Sendable {
        /// Ahead of the clock of the end that rejected the handshake.
        case ahead
        /// Behind the time of an earlier handshake.
        case behind
    }

    package var clockOf: Host
    package var problem: Problem
    /// The time in the handshake.
    package var stated: Date
    /// The clock of the end that rejected the handshake, or the time of the earlier handshake.
    package var comparedWith: Date
    package var at: Date

    package init(clockOf: Host, problem: Problem, stated: Date, comparedWith: Date, at: Date) {
        self.clockOf = clockOf
        self.problem = problem
        self.stated = stated
        self.comparedWith = comparedWith
        self.at = at
    }

    /// `the peer's clock is 2 h ahead of this host's`.
    package var sentence: String {
        let span = TimeSpan.text(seconds: Int(abs(stated.timeIntervalSince(comparedWith))))
        return switch (clockOf, problem) {
        case (.peer, .ahead): "the peer's clock is \(span) ahead of this host's"
        case (.thisHost, .ahead): "this host's clock is \(span) ahead of the peer's"
        case (.peer, .behind):
            "the peer's clock was set back by at least \(span), or somebody replayed a recorded handshake"
        case (.thisHost, .behind): "this host's clock was set back by at least \(span): the peer has seen a later time"
        }
    }

    /// What an operator can do.
    package static var remedy: String {
        "synchronize both clocks by a time service; until then the other end begins the handshakes"
    }
}
