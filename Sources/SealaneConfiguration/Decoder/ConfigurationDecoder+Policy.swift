import SealaneEligibility
import SealaneFleet
import SealaneIdentity

/// The policy section: which peers are eligible, beyond what the catalog says.
extension ConfigurationDecoder {
    /// - Parameters:
    ///   - hasTopology: then the routes to peers are required to be known, unless the section says otherwise.
    ///   - isProving: whether authorities are named. Then peers are required to show certificates, unless the section says
    ///     otherwise: a peer chooses what it shows, and one without a certificate can be neither revoked nor expired.
    ///   - regions: as the facts state them: a peering cannot have its VPCs elsewhere.
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
                path.report("routes are to be known, and no topology is named; expected topology.file", at: "routes")
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
        let file = section.required("file", OperatorText.absolutePath)
        let maximumAge = section.value("maximum-age") { text throws(TextProblem) in
            try duration(text)
        }
        return file.map { Configuration.Topology(file: $0, maximumAge: maximumAge ?? TopologySnapshot.maximumAge) }
    }

    static func duration(_ text: String) throws(TextProblem) -> Duration {
        guard let age = Lifetime(text) else {
            throw TextProblem("\(OperatorText.quoted(text)) is not a time; expected one such as 90m, 24h or 7d")
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
                        "no document that AWS signs has the \(name) of an instance, so that no peer could pass; "
                            + "expected one of: \(Provenance.policyWords(for: name))")
                }
                return least
            }
        }
        return least
    }

    /// Each connection once: of two entries with one id, nobody could say which one is meant.
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
            section.report("\(section.path) needs region, or regions with one for each VPC: one of the two")
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

/// In which Region each VPC is, by the facts that a configuration states: this host's first, then those of peers.
struct StatedRegions {
    private var byVPC: [String: (region: String, path: String)] = [:]

    /// - Parameter instances: each with its path in the file.
    init(_ instances: [(path: String, facts: Facts)]) {
        for (path, facts) in instances {
            guard let vpc = facts.known(.vpc)?.value, let region = facts.known(.region)?.value, byVPC[vpc] == nil else {
                continue
            }
            byVPC[vpc] = (region, "\(path).region")
        }
    }

    /// Reports each side of a peering that is said to be in another Region than its VPC.
    fileprivate func check(_ peering: Peering, _ section: ConfigurationSection) {
        let sides = [
            (peering.requesterVPC, peering.requesterRegion), (peering.accepterVPC, peering.accepterRegion),
        ]
        for (index, (vpc, region)) in sides.enumerated() {
            guard let stated = byVPC[vpc], stated.region != region else { continue }
            section.report(
                "\(peering.id) has \(vpc) in \(region), which is in \(stated.region) by \(stated.path)",
                at: section.has("region") ? "region" : "regions[\(index)]", against: stated.path,
                remedy: "expected \(stated.region)")
            // One key says it of both sides.
            if section.has("region") { return }
        }
    }
}
