import FoundationEssentials

extension RefusedHandshakeReport {
    /// `the peer's key was used from ... (3 s ago)`, and below it what to do.
    func text(_ style: ReportStyle) -> String { "\(finding(style))\n\(remedy)" }

    /// The same in one line.
    func line(_ style: ReportStyle) -> String { "\(finding(style)); \(remedy)" }

    /// Without what to do.
    func finding(_ style: ReportStyle) -> String {
        "\(style.paint(reason.rawValue, .warning)): \(observed) (\(style.ago(at)))"
    }

    /// How long it is told where there is more than one peer.
    static var newsSpan: TimeInterval { 600 }

    /// The clock has a line of its own.
    private var isOfClock: Bool { [.clockAhead, .clockBehind].contains(reason) }

    var isShown: Bool { !isOfClock }

    /// Whether it is shown as something to mend: recent, and not mended since. That a peer's key is used elsewhere does not end
    /// when the peer has a session.
    func isNews(_ lastHandshakeAt: Date?, at now: Date) -> Bool {
        guard !isOfClock, now.timeIntervalSince(at) < Self.newsSpan else { return false }
        return [.unexpectedSource, .keysSwapped].contains(reason) || lastHandshakeAt.map { $0 < at } ?? true
    }

    /// Whether it says why handshakes since then have no answer.
    func explains(since: Date) -> Bool {
        // One attempt is as long as this.
        !isOfClock && at.timeIntervalSince(since) > -10
    }
}

extension PeerReport {
    /// What is to be mended; nil: nothing.
    func refusedHandshakeToMend(at now: Date) -> RefusedHandshakeReport? {
        refusedHandshake.flatMap { $0.isNews(lastHandshakeAt, at: now) ? $0 : nil }
    }
}

extension StrangerReport {
    /// Whether it was heard lately.
    func isNews(at now: Date) -> Bool { now.timeIntervalSince(lastAt) < RefusedHandshakeReport.newsSpan }

    /// What was heard.
    ///
    /// - Parameter ownKey: this host's public key.
    func observed(_ ownKey: String, _ style: ReportStyle) -> String {
        let key =
            publicKey == ownKey ? "uses this host's own public key" : "says its public key is \(publicKey)"
        return "the host at \(source) is no peer and \(key): "
            + "\(ReportStyle.count(Int(clamping: handshakes), "handshake")), the last \(style.ago(lastAt))"
    }

    func remedy(_ ownKey: String) -> String {
        publicKey == ownKey
            ? "another host has a copy of this host's private key: give it one of its own"
            : "if it is to be a peer, name it in peers, with what sealane key public prints there; if not, it needs nothing"
    }
}
