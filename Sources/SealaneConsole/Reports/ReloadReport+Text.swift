import SealaneControl

extension ReloadReport {
    /// `sealane reload`.
    package func text(_ style: ReportStyle) -> String {
        var lines = ReportLines(style, indent: 0)
        lines.add("peers added", added.isEmpty ? nil : added.joined(separator: ", "))
        lines.add("peers removed", removed.isEmpty ? nil : removed.joined(separator: ", "))
        lines.add("peers changed", changed.isEmpty ? nil : changed.joined(separator: ", "))
        lines.add(
            "pre-shared keys",
            presharedKeysChanged.map { "changed for \($0.joined(separator: ", ")); new sessions" })
        lines.add("policy", policyChanged ? "changed; every peer was judged again" : nil)
        lines.add("identity", identityChanged ? "changed; every peer was judged again, sessions are renewed" : nil)
        lines.add("topology", topologyChanged ? "changed; every peer was judged again" : nil)
        let repaired = (repairs ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        lines.add("restored", repaired.isEmpty ? nil : repaired.joined(separator: ", "))
        let changes = lines.text.isEmpty ? "nothing changed\n" : lines.text
        return changes + (warnings ?? []).map { "\(style.paint("warning", .warning)): \($0)\n" }.joined()
    }
}

extension RemovalReport {
    /// `sealane peer remove`.
    package func text(_ style: ReportStyle) -> String {
        "removed peer \(style.paint(removed, .strong))\n"
    }
}
