import SealaneEligibility
import SealanePacket

/// A peer in JSON, in the peer file and in the control API. Every value is text; keys are in camelCase.
///
/// Decoding refuses unknown keys, so that it never silently drops what an operator or a newer version wrote.
package struct PeerRecord: Codable, Sendable, Hashable {
    package var name: String
    package var endpoint: String
    package var publicKey: String
    package var addresses: [String]
    package var instance: InstanceRecord
    package var presharedKeyFile: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, endpoint, publicKey, addresses, instance, presharedKeyFile
    }

    package init(
        name: String, endpoint: String, publicKey: String, addresses: [String],
        instance: InstanceRecord = InstanceRecord(), presharedKeyFile: String? = nil
    ) {
        self.name = name
        self.endpoint = endpoint
        self.publicKey = publicKey
        self.addresses = addresses
        self.instance = instance
        self.presharedKeyFile = presharedKeyFile
    }

    package init(_ peer: PeerDefinition) {
        self.init(
            name: peer.name, endpoint: "\(peer.endpoint)", publicKey: "\(peer.publicKey)",
            addresses: peer.addresses.map { "\($0)" }, instance: InstanceRecord(peer.facts),
            presharedKeyFile: peer.presharedKeyFile)
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        endpoint = try container.decode(String.self, forKey: .endpoint)
        publicKey = try container.decode(String.self, forKey: .publicKey)
        addresses = try container.decode([String].self, forKey: .addresses)
        instance = try container.decodeIfPresent(InstanceRecord.self, forKey: .instance) ?? InstanceRecord()
        presharedKeyFile = try container.decodeIfPresent(String.self, forKey: .presharedKeyFile)
    }

    /// The peer that the record describes. The error has one sentence for each wrong value.
    package func definition() throws(PeerRecordError) -> PeerDefinition {
        var problems: [String] = []
        func read<Value>(_ key: String, _ parse: () throws(TextProblem) -> Value) -> Value? {
            do throws(TextProblem) {
                return try parse()
            } catch {
                problems.append("\(key): \(error)")
                return nil
            }
        }
        let name = read("name") { () throws(TextProblem) in try ValueParser.peerName(self.name) }
        let endpoint = read("endpoint") { () throws(TextProblem) in try ValueParser.underlayEndpoint(self.endpoint) }
        let key = read("publicKey") { () throws(TextProblem) in try ValueParser.publicKey(publicKey) }
        let prefixes = addresses.compactMap { text in
            read("addresses") { () throws(TextProblem) in try ValueParser.network(text) }
        }
        if addresses.isEmpty {
            problems.append("addresses: there is none; expected at least one prefix such as 10.78.0.2/32")
        }
        if Set(prefixes).count < prefixes.count {
            problems.append("addresses: the same prefix is given twice; expected each once")
        }
        var facts = Facts()
        for fact in FactName.allCases {
            guard let text = instance[fact] else { continue }
            facts[fact] = read("instance.\(fact)") { () throws(TextProblem) in try ValueParser.fact(fact, text) }
        }
        let secret = presharedKeyFile.flatMap { path in
            read("presharedKeyFile") { () throws(TextProblem) in try ValueParser.keyFilePath(path) }
        }
        guard problems.isEmpty, let name, let endpoint, let key else { throw PeerRecordError(problems: problems) }
        return PeerDefinition(
            name: name, endpoint: endpoint, publicKey: key, addresses: prefixes, facts: facts,
            presharedKeyFile: secret)
    }
}
