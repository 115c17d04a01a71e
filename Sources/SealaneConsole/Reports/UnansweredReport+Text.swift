import SealaneControl

extension UnansweredReport {
    /// `to 7 handshakes, the first 35 s ago`.
    func line(_ style: ReportStyle) -> String {
        "to \(ReportStyle.count(attempts, "handshake")), the first \(style.ago(since))"
    }

    /// What keeps a peer from answering, likeliest first. The peer drops what it cannot authenticate without a word, so that
    /// from here all of them look alike. There, they do not.
    ///
    /// - Parameter publicKey: what this host takes for the peer's.
    func checks(publicKey: String?) -> String {
        let key = publicKey.map { " It has to print \($0)." } ?? ""
        return """
            Is the peer up, and does sealaned run there? There: sealane status
            Does UDP pass from \(from) to \(to) and back? Lane \(lane) carries all handshakes; firewalls, security groups.
            What does the peer say of this host's handshakes? There: sealane status
            Is the public key right? There: sealane key public.\(key) And does the peer have the key of this host?
            Do both ends have the same pre-shared key, or none, and the same fleet name?
            """
    }

    /// One attempt is under way for some seconds before it counts as lost.
    func isWorthTelling(_ state: PeerReport.State?) -> Bool { state == .unreachable || attempts > 1 }
}

extension ReportLines {
    /// Since when a peer does not answer, and what to look at.
    ///
    /// - Parameter cause: what is known to be wrong, if anything is.
    mutating func addUnanswered(
        _ unanswered: UnansweredReport?, _ state: PeerReport.State?, publicKey: String?,
        cause: RefusedHandshakeReport?, _ style: ReportStyle
    ) {
        if let unanswered, unanswered.isWorthTelling(state) {
            // One that cannot be read is an answer.
            add(cause?.reason == .presharedKeyDiffers ? "no session" : "no answer", unanswered.line(style))
            let isExplained = cause?.explains(since: unanswered.since) ?? false
            add("look at", isExplained ? cause?.remedy : unanswered.checks(publicKey: publicKey))
        } else if state == .unreachable {
            add("no answer", "inside the session: the peer answers handshakes, and nothing that follows them")
            add("look at", "Do firewalls and security groups let the UDP ports of all lanes pass, both ways?")
        }
    }
}
