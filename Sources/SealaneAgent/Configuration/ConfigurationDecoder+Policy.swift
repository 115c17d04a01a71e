import SealaneEligibility
import SealaneFleet
import SealaneIdentity

/// The policy section: which peers are eligible, beyond what the catalog says.
extension ConfigurationDecoder {
    /// - Parameter hasTopology: then the routes to peers are required to be known, unless the section says otherwise.
    static func policy(_ section: ConfigurationSection?, hasTopology: Bool) -> Policy {
        let assumed = PathPolicy(routes: hasTopology ? .require : .refuse)
        guard let section else { return Policy(path: assumed) }
        let extra = section.list("extra-families", family) ?? []
        let denied = section.list("denied-families", family) ?? []
        for (index, family) in denied.enumerated() where extra.contains(family) {
            section.report(
                "\(family) is also in policy.extra-families; expected it in one of the two",
                at: "denied-families[\(index)]")
        }
        let peerings = section.sections("peerings").compactMap { peering($0) }
        let requiresCertificate = section.value("require-certificate", flag)
        return Policy(
            extraFamilies: Set(extra), deniedFamilies: Set(denied), peerings: peerings,
            requiresCertificate: requiresCertificate ?? false,
            leastProvenance: section.section("proof").map { proof($0) } ?? [:],
            path: section.section("path").map { path($0, assumed, hasTopology: hasTopology) } ?? assumed)
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

    private static func path(
        _ section: ConfigurationSection, _ assumed: PathPolicy, hasTopology: Bool
    ) -> PathPolicy {
        func reaction(_ witness: PathWitness) -> WitnessReaction {
            section.value(
                witness.rawValue, choice(witness.reactions.map { ($0.rawValue, $0) }, of: "a possible setting"))
                ?? assumed[witness]
        }
        let routes = reaction(.routes)
        if routes == .require, !hasTopology {
            section.report("routes are to be known, and no topology is named; expected topology.file", at: "routes")
        }
        let hops = section.value("hops") { text throws(TextProblem) in
            UInt8(try number(text, in: 0...254, of: "number of routers"))
        }
        return PathPolicy(
            translation: reaction(.translation), forwarding: reaction(.forwarding), mtu: reaction(.mtu), routes: routes,
            hops: hops ?? 0)
    }

    private static func proof(_ section: ConfigurationSection) -> [FactName: Provenance] {
        var least: [FactName: Provenance] = [:]
        for name in FactName.allCases {
            least[name] = section.value(name.rawValue, choice(Provenance.byPolicyWord, of: "a way to prove a fact"))
        }
        return least
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
