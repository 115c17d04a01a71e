import SealaneEligibility

/// One fact and where it came from.
public struct FactReport: Codable, Sendable, Equatable {
    public var value: String
    /// The provenance in words: `stated by operator`.
    public var source: Provenance

    public init(value: String, source: Provenance) {
        self.value = value
        self.source = source
    }
}

/// What is known of an instance. An absent fact is unknown.
public struct InstanceReport: Codable, Sendable, Equatable {
    public var id: FactReport?
    public var type: FactReport?
    public var account: FactReport?
    public var region: FactReport?
    public var zone: FactReport?
    public var vpc: FactReport?
    public var subnet: FactReport?

    public init(_ facts: Facts) {
        func report(_ name: FactName) -> FactReport? {
            facts[name].map { FactReport(value: $0.value, source: $0.provenance) }
        }
        id = report(.instanceID)
        type = report(.instanceType)
        account = report(.account)
        region = report(.region)
        zone = report(.zone)
        vpc = report(.vpc)
        subnet = report(.subnet)
    }

    /// The facts that are known, by name, in the order in which they are shown.
    var known: [(name: FactName, fact: FactReport)] {
        let all: [(FactName, FactReport?)] = [
            (.instanceID, id), (.instanceType, type), (.account, account), (.region, region), (.zone, zone),
            (.vpc, vpc), (.subnet, subnet),
        ]
        return all.compactMap { name, fact in fact.map { (name, $0) } }
    }
}
