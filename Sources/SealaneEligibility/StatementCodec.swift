import SealanePacket

// Layout, version 1:
//
//   version 1 = 1 · claimed 1 (bit n: the n-th FactName is claimed; bit 7 is zero)
//   for each claimed fact: length 1 (1...64) · UTF-8
//   address count 1 (0...16) · for each address: family 1 (4 or 6) · 4 or 16 bytes
//
// Every statement has exactly one encoding, and nothing may follow it.
extension Statement {
    static let version: UInt8 = 1

    /// At most `byteLimit` bytes.
    public var encoded: [UInt8] {
        var claimed: UInt8 = 0
        var texts: [UInt8] = []
        for (bit, name) in FactName.allCases.enumerated() {
            guard let value = self[name] else { continue }
            claimed |= 1 << UInt8(bit)
            texts.append(UInt8(value.utf8.count))
            texts += value.utf8
        }
        var bytes = [Self.version, claimed] + texts
        bytes.append(UInt8(addresses.count))
        for address in addresses {
            bytes.append(address.isIPv4 ? 4 : 6)
            bytes += address.bytes
        }
        return bytes
    }

    /// Reads what `encoded` wrote. Throws for anything else, whoever sent it.
    public init(decoding bytes: some Collection<UInt8>) throws(PayloadError) {
        var reader = try PayloadReader(bytes, limit: Self.byteLimit)
        try reader.version(Self.version)
        let claimed = try reader.byte("claimed facts")
        guard claimed & 0x80 == 0 else { throw .reservedBits(claimed) }
        var values: [FactName: String] = [:]
        for (bit, name) in FactName.allCases.enumerated() where claimed & (1 << UInt8(bit)) != 0 {
            values[name] = try reader.text(name.rawValue, limit: Self.fieldByteLimit, emptyAllowed: false)
        }
        let count = Int(try reader.byte("address count"))
        guard count <= Self.addressLimit else {
            throw .tooManyEntries(what: "addresses", count: count, limit: Self.addressLimit)
        }
        var addresses: [IPAddress] = []
        for _ in 0..<count {
            addresses.append(try reader.address())
        }
        try reader.end()
        try self.init(
            instanceID: values[.instanceID], instanceType: values[.instanceType], account: values[.account],
            region: values[.region], zone: values[.zone], vpc: values[.vpc], subnet: values[.subnet],
            addresses: addresses)
    }
}

extension PayloadReader {
    fileprivate mutating func address() throws(PayloadError) -> IPAddress {
        let family = try byte("address family")
        guard family == 4 || family == 6 else { throw .unknownAddressFamily(family) }
        let raw = try take(family == 4 ? 4 : 16, field: "address")
        // An IPv4 address inside an IPv6 one would be a second spelling of the same address.
        guard let address = IPAddress(bytes: raw), address.isIPv4 == (family == 4) else {
            throw .unknownAddressFamily(family)
        }
        return address
    }
}
