/// The facts with a single text value, in the order in which they are encoded, compared and reported. The raw value is
/// the key in the configuration and in JSON.
package enum FactName: String, CaseIterable, Sendable, CodingKey {
    case instanceID = "id"
    case instanceType = "type"
    case account
    case region
    case zone
    case vpc
    case subnet

    package var description: String { rawValue }

    /// The fact's tag in encoded claims (`Claims`): 1 to 63, ascending in the order of the cases. Never reuse a tag.
    package var wireTag: UInt8 {
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

    package init?(wireTag: UInt8) {
        guard let name = Self.allCases.first(where: { $0.wireTag == wireTag }) else { return nil }
        self = name
    }

    /// Whether AWS's instance identity documents contain this fact. They contain account, Region, zone, type and ID,
    /// but not the VPC or the subnet (EC2 user guide, "Instance identity documents").
    package var isSignedByAWS: Bool {
        switch self {
        case .instanceID, .instanceType, .account, .region, .zone: true
        case .vpc, .subnet: false
        }
    }
}
