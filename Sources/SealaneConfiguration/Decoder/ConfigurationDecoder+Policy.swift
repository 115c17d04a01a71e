import SealaneEligibility
import SealaneFleet
import SealaneIdentity

/// The policy section: which peers are eligible, beyond the catalog.
extension ConfigurationDecoder {
    /// - Parameters:
    ///   - hasTopology: if true, the routes to peers must be known, unless the section says otherwise.
    ///   - isProving: whether authorities are named. If so, peers must present certificates, unless the section says
    ///     otherwise: a peer without a certificate can neither be revoked nor expire.
    ///   - regions: the Regions of VPCs, from stated facts. A peering must not contradict them.
    static func policy(
        _ section: ConfigurationSection?, hasTopology: Bool, isProving: Bool, regions: StatedRegions
    ) -> Policy {
        let assumed: [RuleName: Reaction] = [.routes: hasTopology ? .require : .refuse]
        guard let section else { return Policy(requiresCertificate: isProving, reactions: assumed) }
        let extra = section.list("extra-families", family) ?? []
        let denied = section.list("denied-families", family) ?? []
        for (index, family) in denied.enumerated() where extra.contains(family) {
            section.report(
                "\(family) is also in policy.extra-families; expected it in one of the two",
                at: "denied-families[\(index)]")
        }
        let peerings = peerings(section.sections("peerings"), regions)
        let requiresCertificate = section.value("require-certificate", flag)
        var policy = Policy(
            extraFamilies: Set(extra), deniedFamilies: Set(denied), peerings: peerings,
            requiresCertificate: requiresCertificate ?? isProving,
            leastProvenance: section.section("proof").map { proof($0) } ?? [:], reactions: assumed)
        if let rules = section.section("rules") { reactions(rules, to: RuleName.ofRulesSection, &policy) }
        if let path = section.section("path") {
            reactions(path, to: Rules.ofPath, &policy)
            if policy[.routes] == .require, !hasTopology {
                path.report("routes are required, and no topology is named; expected topology.file", at: "routes")
            }
            let hops = path.value("hops") { text throws(TextProblem) in
                UInt8(try number(text, in: 0...254, of: "number of routers"))
            }
            policy.hops = hops ?? 0
        }
        return policy
    }

    private static func reactions(_ section: ConfigurationSection, to rules: [RuleName], _ policy: inout Policy) {
        for rule in rules {
            let possible = rule.rule.reactions.map { ($0.rawValue, $0) }
            if let reaction = section.value(rule.rawValue, choice(possible, of: "a possible setting")) {
                policy[rule] = reaction
            }
        }
    }

    static func topology(_ section: ConfigurationSection) -> Configuration.Topology? {
        let file = section.required("file", ValueParser.absolutePath)
        let maximumAge = section.value("maximum-age") { text throws(TextProblem) in
            try duration(text)
        }
        return file.map { Configuration.Topology(file: $0, maximumAge: maximumAge ?? TopologySnapshot.maximumAge) }
    }

    static func duration(_ text: String) throws(TextProblem) -> Duration {
        guard let age = DurationText(text) else {
            throw TextProblem("\(ValueParser.quoted(text)) is not a time; expected one \(DurationText.examples)")
        }
        return .seconds(age.interval)
    }

    private static func proof(_ section: ConfigurationSection) -> [FactName: Provenance] {
        var least: [FactName: Provenance] = [:]
        for name in FactName.allCases {
            least[name] = section.value(name.rawValue) { text throws(TextProblem) in
                let least = try choice(Provenance.byPolicyWord, of: "a way to prove a fact")(text)
                if least == .signedDocument, !name.isSignedByAWS {
                    throw TextProblem(
                        "AWS signs no document that has an instance's \(name), so no peer could pass; "
                            + "expected one of: \(Provenance.policyWords(for: name))")
                }
                return least
            }
        }
        return least
    }

    /// Reports a peering whose id is not unique.
    private static func peerings(_ sections: [ConfigurationSection], _ regions: StatedRegions) -> [Peering] {
        var pathByID: [String: String] = [:]
        return sections.compactMap { section in
            guard let peering = peering(section) else { return nil }
            regions.check(peering, section)
            if let first = pathByID[peering.id] {
                section.report(
                    "\(peering.id) is already a peering", at: "id", against: "\(first).id",
                    remedy: "expected each peering once, with the status that it has now")
            } else {
                pathByID[peering.id] = section.path
            }
            return peering
        }
    }

    private static func peering(_ section: ConfigurationSection) -> Peering? {
        let id = section.required("id", word)
        let vpcs = section.requiredList("vpcs", word)
        let status = section.value(
            "status", choice(Peering.statusCodes.map { ($0, $0) }, of: "a peering's status"))
        let region = section.value("region", word)
        let regions = section.list("regions", word) ?? []
        if let vpcs, vpcs.count != 2 || vpcs[0] == vpcs[1] {
            section.report(
                "\(section.path).vpcs names \(vpcs.joined(separator: ", ")); expected two VPCs, requester and accepter",
                at: "vpcs")
            return nil
        }
        if section.has("region") == section.has("regions") {
            section.report("\(section.path) needs either region, or regions with one for each VPC")
            return nil
        }
        if section.has("regions"), regions.count != 2 {
            section.report(
                "\(section.path).regions has \(regions.count) elements; expected two, in the order of vpcs",
                at: "regions")
            return nil
        }
        let both = region.map { [$0, $0] } ?? regions
        guard let id, let vpcs, both.count == 2 else { return nil }
        return Peering(
            id: id, requesterVPC: vpcs[0], requesterRegion: both[0], accepterVPC: vpcs[1], accepterRegion: both[1],
            status: status ?? "active")
    }
}
