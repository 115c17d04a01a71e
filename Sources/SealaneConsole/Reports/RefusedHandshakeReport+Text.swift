import FoundationEssentials
import SealaneControl

extension RefusedHandshakeReport {
    /// `the peer's key was used from ... (3 s ago)`, and the remedy in the next line.
    func text(_ style: ReportStyle) -> String { "\(finding(style))\n\(remedy)" }

    /// The finding and the remedy in one line.
    func line(_ style: ReportStyle) -> String { "\(finding(style)); \(remedy)" }

    /// Without the remedy.
    func finding(_ style: ReportStyle) -> String {
        "\(style.paint(reason.rawValue, .warning)): \(observed) (\(style.ago(at)))"
    }
}

extension StrangerReport {
    /// What this host received from it.
    ///
    /// - Parameter ownKey: this host's public key.
    func observed(_ ownKey: String, _ style: ReportStyle) -> String {
        let key =
            publicKey == ownKey ? "uses this host's own public key" : "claims the public key \(publicKey)"
        return "the host at \(source) is not a peer and \(key): "
            + "\(ReportStyle.count(Int(clamping: handshakes), "handshake")), the last \(style.ago(lastAt))"
    }
}
