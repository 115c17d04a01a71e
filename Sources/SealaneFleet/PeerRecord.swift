import SealaneEligibility
import SealanePacket

/// A peer as JSON carries it, in the peer file and in the control API: every value as text, keys in camelCase.
///
/// Decoding refuses keys it does not know, so that nothing an operator or a newer version wrote is dropped silently.
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

    /// The peer it describes. Throws with every value that is wrong, in one sentence each.
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
        let name = read("name") { () throws(TextProblem) in try OperatorText.peerName(self.name) }
        let endpoint = read("endpoint") { () throws(TextProblem) in try OperatorText.underlayEndpoint(self.endpoint) }
        let key = read("publicKey") { () throws(TextProblem) in try OperatorText.publicKey(publicKey) }
        let prefixes = addresses.compactMap { text in
            read("addresses") { () throws(TextProblem) in try OperatorText.network(text) }
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
            facts[fact] = read("instance.\(fact)") { () throws(TextProblem) in try OperatorText.fact(fact, text) }
        }
        let secret = presharedKeyFile.flatMap { path in
            read("presharedKeyFile") { () throws(TextProblem) in try OperatorText.keyFilePath(path) }
        }
        guard problems.isEmpty, let name, let endpoint, let key else { throw PeerRecordError(problems: problems) }
        return PeerDefinition(
            name: name, endpoint: endpoint, publicKey: key, addresses: prefixes, facts: facts,
            presharedKeyFile: secret)
    }
}

/// Every value of a peer record that is wrong.
package struct PeerRecordError: Error, Sendable, Hashable, CustomStringConvertible {
    /// `key: what is wrong; what would be right`, at least one.
    package let problems: [String]

    package var description: String { problems.joined(separator: "\n") }
}

/// What is stated of an instance, as JSON carries it: one key for each fact. An absent fact is unknown.
package struct InstanceRecord: Codable, Sendable, Hashable {
    private var values: [FactName: String]

    /// - Parameter values: nil is unknown.
    package init(_ values: KeyValuePairs<FactName, String?> = [:]) {
        self.values = [:]
        for (name, value) in values { self.values[name] = value }
    }

    package init(_ facts: Facts) {
        values = [:]
        for name in FactName.allCases { values[name] = facts[name]?.value }
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(FactName.self)
        let container = try decoder.container(keyedBy: FactName.self)
        values = [:]
        for name in FactName.allCases { values[name] = try container.decodeIfPresent(String.self, forKey: name) }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: FactName.self)
        for name in FactName.allCases { try container.encodeIfPresent(values[name], forKey: name) }
    }

    package subscript(name: FactName) -> String? {
        get { values[name] }
        set { values[name] = newValue }
    }
}
