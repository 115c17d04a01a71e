import SealanePacket

/// The claims of an instance in the encrypted handshake: its facts and the overlay addresses of its interface.
///
/// Claims prove nothing. They can only contradict known facts (`FactsRule`, `AddressesRule`). Every value of this type
/// is valid to send: each text is 1 to 64 bytes of printable UTF-8, no address occurs twice, and the encoding fits
/// `byteLimit`.
///
/// Encoding, version 1:
///
///     version 1 = 1
///     entries, in ascending order of their tags: tag 1 · length 2, big-endian · value
///
/// Each tag occurs at most once, and nothing follows the last entry, so equal claims have one encoding.
///
/// | tag | value |
/// | --- | --- |
/// | 0 | never used |
/// | 1...7 | a fact (`FactName.wireTag`), 1...64 bytes of printable UTF-8 |
/// | 8...63 | reserved for facts |
/// | 64 (0x40) | 1...16 overlay addresses, each: family 1 (4 or 6) · 4 or 16 bytes |
/// | 65...255 | reserved for anything else |
///
/// A reader keeps entries with unknown tags and ignores them: a newer peer may claim more. Changing the meaning of a
/// known tag requires a new version. The length has 2 bytes, as in the handshake payload, because 16 IPv6 addresses
/// take 272 bytes.
package struct Claims: Sendable, Hashable {
    package static let byteLimit = 480
    package static let fieldByteLimit = 64
    package static let addressLimit = 16
    static let version: UInt8 = 1
    static let addressesTag: UInt8 = 0x40

    /// At most `byteLimit` bytes. The only storage of this type.
    package let encoded: [UInt8]

    /// - Parameter values: by name; nil means not claimed.
    package init(
        _ values: KeyValuePairs<FactName, String?> = [:], addresses: [IPAddress] = []
    ) throws(ClaimsError) {
        try self.init(Dictionary(values.map { ($0, $1) }, uniquingKeysWith: { $1 }), addresses)
    }

    /// The claims of the local instance: its known facts, and the addresses (not the prefixes) of its interface.
    package init(of facts: Facts) throws(ClaimsError) {
        let values = FactName.allCases.map { ($0, facts.known($0)?.value) }
        try self.init(
            Dictionary(uniqueKeysWithValues: values), facts.addresses?.value.map(\.address) ?? [])
    }

    private init(_ values: [FactName: String?], _ addresses: [IPAddress]) throws(ClaimsError) {
        var bytes = [Self.version]
        func append(_ tag: UInt8, _ value: some Collection<UInt8>) {
            bytes += [tag, UInt8(truncatingIfNeeded: value.count >> 8), UInt8(truncatingIfNeeded: value.count)]
            bytes += value
        }
        for name in FactName.allCases {
            guard let value = values[name] ?? nil else { continue }
            try PayloadText.validate(value, field: name.rawValue, limit: Self.fieldByteLimit)
            append(name.wireTag, value.utf8)
        }
        try Self.validate(addresses)
        if !addresses.isEmpty {
            append(Self.addressesTag, addresses.flatMap { [$0.isIPv4 ? 4 : 6] + $0.bytes })
        }
        guard bytes.count <= Self.byteLimit else { throw .tooLong(bytes: bytes.count, limit: Self.byteLimit) }
        encoded = bytes
    }

    /// Decodes what a peer sent. Throws for anything but the canonical encoding of claims.
    package init(decoding bytes: some Collection<UInt8>) throws(ClaimsError) {
        var reader = try PayloadReader(bytes, limit: Self.byteLimit)
        try reader.version(Self.version)
        var last: UInt8 = 0
        while !reader.isAtEnd {
            let tag = try reader.byte("tag")
            guard tag > last else {
                throw tag == last && tag > 0 ? .repeatedTag(tag) : .tagOutOfOrder(tag, after: last)
            }
            last = tag
            let field = FactName(wireTag: tag)?.rawValue ?? (tag == Self.addressesTag ? "addresses" : "tag \(tag)")
            let length = Int(try reader.byte("\(field), length")) << 8 | Int(try reader.byte("\(field), length"))
            if FactName(wireTag: tag) != nil {
                _ = try reader.text(field, byteCount: length, limit: Self.fieldByteLimit)
            } else {
                let value = try reader.bytes(length, field: field)
                if tag == Self.addressesTag { try Self.validate(Self.addresses(value)) }
            }
        }
        encoded = Array(bytes)
    }

    package subscript(name: FactName) -> String? {
        value(of: name.wireTag).map { String(decoding: $0, as: UTF8.self) }
    }

    package var addresses: [IPAddress] {
        value(of: Self.addressesTag).flatMap { try? Self.addresses($0) } ?? []
    }

    private func value(of tag: UInt8) -> ArraySlice<UInt8>? {
        var rest = encoded.dropFirst()
        while rest.count >= 3 {
            let found = rest.removeFirst()
            let length = Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())
            if found == tag { return rest.prefix(length) }
            rest = rest.dropFirst(length)
        }
        return nil
    }

    private static func validate(_ addresses: [IPAddress]) throws(ClaimsError) {
        guard addresses.count <= addressLimit else {
            throw .tooManyEntries(what: "addresses", count: addresses.count, limit: addressLimit)
        }
        var seen = Set<IPAddress>()
        for address in addresses where !seen.insert(address).inserted {
            throw .duplicateAddress(address)
        }
    }

    /// - Parameter value: the value of the address entry.
    private static func addresses(_ value: ArraySlice<UInt8>) throws(ClaimsError) -> [IPAddress] {
        guard !value.isEmpty else { throw .emptyField("addresses") }
        var reader = try PayloadReader(value, limit: byteLimit)
        var addresses: [IPAddress] = []
        while !reader.isAtEnd {
            let family = try reader.byte("address family")
            guard family == 4 || family == 6 else { throw .unknownAddressFamily(family) }
            let raw = try reader.bytes(family == 4 ? 4 : 16, field: "address")
            // An IPv4-mapped IPv6 address would be a second spelling of the same address.
            guard let address = IPAddress(bytes: raw), address.isIPv4 == (family == 4) else {
                throw .unknownAddressFamily(family)
            }
            addresses.append(address)
        }
        return addresses
    }
}
