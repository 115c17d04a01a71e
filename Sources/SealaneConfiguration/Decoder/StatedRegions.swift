import SealaneEligibility

/// The Region of each VPC, from the facts that a configuration states: this host's first, then those of peers.
struct StatedRegions {
    private var byVPC: [String: (region: String, path: String)] = [:]

    /// - Parameter instances: stated facts, each with its path in the file.
    init(_ instances: [(path: String, facts: Facts)]) {
        for (path, facts) in instances {
            guard let vpc = facts.known(.vpc)?.value, let region = facts.known(.region)?.value, byVPC[vpc] == nil else {
                continue
            }
            byVPC[vpc] = (region, "\(path).region")
        }
    }

    /// Reports each side of `peering` whose Region differs from the stated Region of its VPC.
    func check(_ peering: Peering, _ section: ConfigurationSection) {
        let sides = [
            (peering.requesterVPC, peering.requesterRegion), (peering.accepterVPC, peering.accepterRegion),
        ]
        for (index, (vpc, region)) in sides.enumerated() {
            guard let stated = byVPC[vpc], stated.region != region else { continue }
            section.report(
                "\(peering.id) has \(vpc) in \(region), but it is in \(stated.region) by \(stated.path)",
                at: section.has("region") ? "region" : "regions[\(index)]", against: stated.path,
                remedy: "expected \(stated.region)")
            // The key `region` is for both sides.
            if section.has("region") { return }
        }
    }
}
