/// Which end owes the other an answer. Over all sessions of a peer: right after both ends began at the same moment, each may
/// seal with another session.
struct Liveness {
    private var lastReceivedAt: MonotonicTime?
    private var lastSentAt: MonotonicTime?
    /// When data was sent, if nothing has arrived since.
    private(set) var unansweredSince: MonotonicTime?
    /// When data arrived, if nothing has been sent since.
    private(set) var owesKeepaliveSince: MonotonicTime?

    mutating func record(_ activity: SessionActivity) {
        lastReceivedAt = [lastReceivedAt, activity.lastReceived].compactMap { $0 }.max()
        lastSentAt = [lastSentAt, activity.lastSent].compactMap { $0 }.max()
        if let since = unansweredSince, let lastReceivedAt, lastReceivedAt >= since { unansweredSince = nil }
        if let since = owesKeepaliveSince, let lastSentAt, lastSentAt >= since { owesKeepaliveSince = nil }
        if unansweredSince == nil, let sent = activity.lastDataSent, lastReceivedAt.map({ sent > $0 }) ?? true {
            unansweredSince = sent
        }
        if owesKeepaliveSince == nil, let received = activity.lastDataReceived,
            lastSentAt.map({ received > $0 }) ?? true
        {
            owesKeepaliveSince = received
        }
    }

    /// A handshake is both an answer and a sign of life.
    mutating func recordHandshake(at now: MonotonicTime) {
        lastReceivedAt = now
        lastSentAt = now
        unansweredSince = nil
        owesKeepaliveSince = nil
    }

    mutating func recordKeepalive() {
        owesKeepaliveSince = nil
    }
}
