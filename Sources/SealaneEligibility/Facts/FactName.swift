/// The facts that have one text value, in the order in which they are encoded, compared and reported. The raw value is the key of
/// the configuration and of JSON.
public enum FactName: String, CaseIterable, Sendable, CodingKey {
    case instanceID = "id"
    case instanceType = "type"
    case account
    case region
    case zone
    case vpc
    case subnet

    public var description: String { rawValue }

    /// The fact's tag in encoded claims (`Claims`): 1 to 63, ascending in the order of the cases. Never reused.
    public var wireTag: UInt8 {
        switch self {
        case .instanceID: 1
        case .instanceType: 2
        case .account: 3
        case .region: 4
        case .zone: 5
        case .vpc: 6
        case .subnet: 7
        }
    }

    public init?(wireTag: UInt8) {
        guard let name = Self.allCases.first(where: { $0.wireTag == wireTag }) else { return nil }
        self = name
    }

    /// Whether AWS's instance identity documents have it: account, region, zone, type and id, but no VPC and no subnet (EC2 user
    /// guide, "Instance identity documents").
    public var isSignedByAWS: Bool {
        switch self {
        case .instanceID, .instanceType, .account, .region, .zone: true
        case .vpc, .subnet: false
        }
    }
}
