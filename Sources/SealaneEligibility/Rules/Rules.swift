/// Lists of rules.
package enum Rules {
    package static let all = RuleName.allCases
    /// Rules about the two hosts: known, claimed and proven facts.
    package static let ofHosts = all.filter { $0.rule.evidence != .path }
    /// Rules about the path between the hosts.
    package static let ofPath = all.filter { $0.rule.evidence == .path }
}
