/// Lists of rules.
public enum Rules {
    public static let all = RuleName.allCases
    /// Rules about the two hosts: known, claimed and proven facts.
    public static let ofHosts = all.filter { $0.rule.evidence != .path }
    /// Rules about the path between the hosts.
    public static let ofPath = all.filter { $0.rule.evidence == .path }
}
