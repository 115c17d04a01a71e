import SealaneEligibility

/// The number of peers that are refused now, by reason. A peer counts once for each of its reasons.
package struct RefusalCounts: Sendable, Equatable {
    /// By this host's verdict.
    package private(set) var byThisHost: [ReasonCode: Int] = [:]
    /// By the peer's answer.
    package private(set) var byPeer: [ReasonCode: Int] = [:]

    package init() {}

    /// Counts one peer.
    package mutating func add(byThisHost own: [Reason], byPeer theirs: [Reason]) {
        for code in Set(own.lazy.map(\.code)) { byThisHost[code, default: 0] += 1 }
        for code in Set(theirs.lazy.map(\.code)) { byPeer[code, default: 0] += 1 }
    }
}
