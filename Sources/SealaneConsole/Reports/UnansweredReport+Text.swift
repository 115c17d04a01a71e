import SealaneControl

extension UnansweredReport {
    /// `to 7 handshakes, the first 35 s ago`.
    func line(_ style: ReportStyle) -> String {
        "to \(ReportStyle.count(attempts, "handshake")), the first \(style.ago(since))"
    }

    /// Questions about the causes, likeliest first. A peer silently drops what it cannot authenticate, so this host
    /// cannot tell the causes apart; the peer's host can.
    ///
    /// - Parameter publicKey: the peer's public key in this host's configuration.
    func checks(publicKey: String?) -> String {
        let key = publicKey.map { " It must print \($0)." } ?? ""
        return """
            Is the peer up, and does sealaned run on it? On the peer: sealane status
            Does UDP pass from \(from) to \(to) and back? Lane \(lane) carries all handshakes; firewalls, security groups.
            What does the peer report about this host's handshakes? On the peer: sealane status
            Is the public key right? On the peer: sealane key public.\(key) Does the peer have this host's public key?
            Do both ends have the same pre-shared key, or none, and the same fleet name?
            """
    }

    /// Whether to report it: a single attempt takes some seconds before it counts as lost.
    func isWorthReporting(_ state: PeerReport.State?) -> Bool { state == .unreachable || attempts > 1 }
}

extension ReportLines {
    /// Adds how long a peer has not answered, and what to check.
    ///
    /// - Parameter cause: a known cause; nil: none.
    mutating func addUnanswered(
        _ unanswered: UnansweredReport?, _ state: PeerReport.State?, publicKey: String?,
        cause: RefusedHandshakeReport?, _ style: ReportStyle
    ) {
        if let unanswered, unanswered.isWorthReporting(state) {
            // An answer that cannot be decrypted is an answer.
            add(cause?.reason == .presharedKeyDiffers ? "no session" : "no answer", unanswered.line(style))
            let isExplained = cause?.explains(since: unanswered.since) ?? false
            add("look at", isExplained ? cause?.remedy : unanswered.checks(publicKey: publicKey))
        } else if state == .unreachable {
            add("no answer", "inside the session: the peer answers handshakes, but no packets after them")
            add("look at", "Do firewalls and security groups let the UDP ports of all lanes pass, both ways?")
        }
    }
}
