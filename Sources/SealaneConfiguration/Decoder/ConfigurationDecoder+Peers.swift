import SealaneEligibility
import SealaneFleet

/// The list of peers.
extension ConfigurationDecoder {
    /// - Parameter isProving: whether certificates prove facts, so that `instance` may be left out.
    static func peer(_ section: ConfigurationSection, isProving: Bool) -> PeerDefinition? {
        let name = section.required("name", ValueParser.peerName)
        let endpoint = section.required("endpoint", ValueParser.underlayEndpoint)
        let key = section.required("public-key", ValueParser.publicKey)
        let addresses = section.requiredList("addresses", ValueParser.network)
        let facts =
            isProving && !section.has("instance") ? Facts() : section.requiredSection("instance").map { self.facts($0) }
        let secret = section.value("preshared-key-file", ValueParser.keyFilePath)
        for (index, prefix) in (addresses ?? []).enumerated() where addresses?.prefix(index).contains(prefix) == true {
            section.report("\(prefix) is given twice; expected each prefix once", at: "addresses[\(index)]")
        }
        guard let name, let endpoint, let key, let addresses, let facts else { return nil }
        return PeerDefinition(
            name: name, endpoint: endpoint, publicKey: key, addresses: addresses, facts: facts,
            presharedKeyFile: secret)
    }

    static func checkPeers(
        _ peers: [(path: String, peer: PeerDefinition?)], _ agent: PartialAgent?, _ findings: ConfigurationFindings
    ) {
        let complete = peers.compactMap { entry in entry.peer.map { (path: entry.path, peer: $0) } }
        let conflicts = PeerConflict.all(
            among: complete.map(\.peer), listen: agent?.listen, ownAddresses: agent?.addresses ?? [])
        for conflict in conflicts {
            let opponent =
                switch conflict.opponent {
                case .peer(let index, let part): path(of: part, complete[index].path)
                case .listen: "agent.listen"
                case .ownAddress(let index): "agent.addresses[\(index)]"
                case .ownKey: "agent.private-key-file"
                }
            findings.report(
                conflict.problem, at: path(of: conflict.part, complete[conflict.peer].path), against: opponent,
                remedy: conflict.remedy)
        }
    }

    private static func path(of part: PeerConflict.Part, _ peer: String) -> String {
        switch part {
        case .name: "\(peer).name"
        case .publicKey: "\(peer).public-key"
        case .endpoint: "\(peer).endpoint"
        case .address(let index): "\(peer).addresses[\(index)]"
        }
    }
}
