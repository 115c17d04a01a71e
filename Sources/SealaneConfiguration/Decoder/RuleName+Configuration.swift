import SealaneEligibility

extension RuleName {
    /// The rules that have a key in `policy.rules`: rules about hosts that can do something other than refuse. Rules
    /// about the path have their keys in `policy.path`.
    static var ofRulesSection: [RuleName] { Rules.ofHosts.filter { $0.rule.reactions.count > 1 } }
}
