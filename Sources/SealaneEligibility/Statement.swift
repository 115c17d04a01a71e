import SealanePacket

/// What an instance says of itself inside the encrypted handshake: its facts and the overlay addresses of its interface.
///
/// A statement that exists is fit to be sent: every text is 1 to 64 bytes of printable UTF-8, no address comes twice,
/// and the encoding fits `byteLimit`. It proves nothing; it can only contradict what is known (see `judge`).
public struct Statement: Sendable, Hashable {
    public static let byteLimit = 480
    public static let fieldByteLimit = 64
    public static let addressLimit = 16

    public let instanceID: String?
    public let instanceType: String?
    public let account: String?
    public let region: String?
    public let zone: String?
    public let vpc: String?
    public let subnet: String?
    public let addresses: [IPAddress]

    /// Values that are `nil` are not claimed.
    public init(
        instanceID: String? = nil, instanceType: String? = nil, account: String? = nil, region: String? = nil,
        zone: String? = nil, vpc: String? = nil, subnet: String? = nil, addresses: [IPAddress] = []
    ) throws(PayloadError) {
        self.instanceID = instanceID
        self.instanceType = instanceType
        self.account = account
        self.region = region
        self.zone = zone
        self.vpc = vpc
        self.subnet = subnet
        self.addresses = addresses
        try validate()
    }

    /// What the local instance says of itself: its known facts, and the addresses (not the prefixes) of its interface.
    public init(of facts: Facts) throws(PayloadError) {
        try self.init(
            instanceID: facts.known(.instanceID)?.value, instanceType: facts.known(.instanceType)?.value,
            account: facts.known(.account)?.value, region: facts.known(.region)?.value,
            zone: facts.known(.zone)?.value, vpc: facts.known(.vpc)?.value, subnet: facts.known(.subnet)?.value,
            addresses: facts.addresses?.value.map(\.address) ?? [])
    }

    public subscript(name: FactName) -> String? {
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

    private func validate() throws(PayloadError) {
        for name in FactName.allCases {
            guard let value = self[name] else { continue }
            try PayloadText.validate(value, field: name.rawValue, limit: Self.fieldByteLimit)
        }
        guard addresses.count <= Self.addressLimit else {
            throw .tooManyEntries(what: "addresses", count: addresses.count, limit: Self.addressLimit)
        }
        var seen = Set<IPAddress>()
        for address in addresses where !seen.insert(address).inserted {
            throw .duplicateAddress(address)
        }
        let size = encoded.count
        guard size <= Self.byteLimit else { throw .tooLong(bytes: size, limit: Self.byteLimit) }
    }
}
