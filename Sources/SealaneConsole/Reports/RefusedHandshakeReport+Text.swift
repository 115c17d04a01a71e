import FoundationEssentials
import SealaneControl

extension RefusedHandshakeReport {
    /// `the peer's key was used from ... (3 s ago)`, and below it what to do.
    func text(_ style: ReportStyle) -> String { "\(finding(style))\n\(remedy)" }

    /// The same in one line.
    func line(_ style: ReportStyle) -> String { "\(finding(style)); \(remedy)" }

    /// Without what to do.
    func finding(_ style: ReportStyle) -> String {
        "\(style.paint(reason.rawValue, .warning)): \(observed) (\(style.ago(at)))"
    }
}

extension StrangerReport {
    /// What was heard.
    ///
    /// - Parameter ownKey: this host's public key.
    func observed(_ ownKey: String, _ style: ReportStyle) -> String {
        let key =
            publicKey == ownKey ? "uses this host's own public key" : "says its public key is \(publicKey)"
        return "the host at \(source) is no peer and \(key): "
            + "\(ReportStyle.count(Int(clamping: handshakes), "handshake")), the last \(style.ago(lastAt))"
    }
}
