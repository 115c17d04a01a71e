import SealanePacket

/// A value and how it came to be known.
public struct Fact<Value> {
    public let value: Value
    public let provenance: Provenance

    public init(_ value: Value, _ provenance: Provenance) {
        self.value = value
        self.provenance = provenance
    }
}

extension Fact: Sendable where Value: Sendable {}
extension Fact: Equatable where Value: Equatable {}
extension Fact: Hashable where Value: Hashable {}
extension Fact: Codable where Value: Codable {}

/// The facts that have one text value, in the order in which they are encoded, compared and reported.
public enum FactName: String, CaseIterable, Sendable, CustomStringConvertible {
    case instanceID = "id"
    case instanceType = "type"
    case account
    case region
    case zone
    case vpc
    case subnet

    public var description: String { rawValue }

    /// Whether AWS's instance identity documents have it: account, region, zone, type and id, but no VPC and no subnet (EC2 user
    /// guide, "Instance identity documents").
    public var isSignedByAWS: Bool {
        switch self {
        case .instanceID, .instanceType, .account, .region, .zone: true
        case .vpc, .subnet: false
        }
    }
}

/// What is known of one instance. `nil` is unknown, and so is an empty text; unknown never passes a rule.
public struct Facts: Sendable, Hashable {
    public var instanceID: Fact<String>?
    public var instanceType: Fact<String>?
    public var account: Fact<String>?
    public var region: Fact<String>?
    public var zone: Fact<String>?
    public var vpc: Fact<String>?
    public var subnet: Fact<String>?
    /// The prefixes the instance may use as overlay sources. For the local instance: its interface's own addresses.
    public var addresses: Fact<[IPPrefix]>?

    public init(
        instanceID: Fact<String>? = nil, instanceType: Fact<String>? = nil, account: Fact<String>? = nil,
        region: Fact<String>? = nil, zone: Fact<String>? = nil, vpc: Fact<String>? = nil, subnet: Fact<String>? = nil,
        addresses: Fact<[IPPrefix]>? = nil
    ) {
        self.instanceID = instanceID
        self.instanceType = instanceType
        self.account = account
        self.region = region
        self.zone = zone
        self.vpc = vpc
        self.subnet = subnet
        self.addresses = addresses
    }

    public subscript(name: FactName) -> Fact<String>? {
        get {
            switch name {
            case .instanceID: instanceID
            case .instanceType: instanceType
            case .account: account
            case .region: region
            case .zone: zone
            case .vpc: vpc
            case .subnet: subnet
            }
        }
        set {
            switch name {
            case .instanceID: instanceID = newValue
            case .instanceType: instanceType = newValue
            case .account: account = newValue
            case .region: region = newValue
            case .zone: zone = newValue
            case .vpc: vpc = newValue
            case .subnet: subnet = newValue
            }
        }
    }

    /// The fact if it is known: present and not empty, so that two empty texts never count as equal.
    public func known(_ name: FactName) -> Fact<String>? {
        guard let fact = self[name], !fact.value.isEmpty else { return nil }
        return fact
    }
}
