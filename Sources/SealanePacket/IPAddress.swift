/// An IPv4 or IPv6 address, as the 128 bits of its IPv6 form. An IPv4 address is stored as ::ffff:a.b.c.d (RFC 4291
/// section 2.5.5.2), which is how a dual-stack socket shows it, so that both are equal.
@frozen public struct IPAddress: Hashable, Sendable, Comparable {
    /// Both in host order: bit 63 of `high` is the first bit of the address.
    public let high: UInt64
    public let low: UInt64

    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Parameter ipv4: in host order: 10.0.0.1 is 0x0A00_0001.
    @inlinable public init(ipv4: UInt32) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(ipv4))
    }

    /// From the 4 or 16 bytes of an address field in a packet.
    public init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4:
            self.init(ipv4: bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            self.init(
                high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                low: bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
        default:
            return nil
        }
    }

    @inlinable public var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    @inlinable public var ipv4: UInt32? { isIPv4 ? UInt32(truncatingIfNeeded: low) : nil }

    /// The 4 or 16 bytes of an address field in a packet.
    public var bytes: [UInt8] {
        if let ipv4 { return (0..<4).map { UInt8(truncatingIfNeeded: ipv4 >> (24 - 8 * $0)) } }
        return [high, low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * UInt64($0))) } }
    }

    /// 32 or 128.
    @inlinable public var bitCount: Int { isIPv4 ? 32 : 128 }

    /// 224.0.0.0/4 or ff00::/8.
    @inlinable public var isMulticast: Bool { isIPv4 ? low & 0xF000_0000 == 0xE000_0000 : high >> 56 == 0xFF }

    /// 0.0.0.0 or ::
    @inlinable public var isUnspecified: Bool { high == 0 && (low == 0 || low == 0xFFFF_0000_0000) }

    /// 127.0.0.0/8 or ::1
    @inlinable public var isLoopback: Bool { ipv4.map { $0 >> 24 == 127 } ?? (high == 0 && low == 1) }

    /// fe80::/10: meaningful only together with an interface.
    @inlinable public var isIPv6LinkLocal: Bool { high >> 54 == 0xFE80 >> 6 }

    /// 255.255.255.255
    @inlinable public var isLimitedBroadcast: Bool { ipv4 == .max }

    @inlinable public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// The address with all bits after the first `length` of its own family cleared.
    @inlinable func masked(to length: Int) -> IPAddress {
        let kept = isIPv4 ? length + 96 : length
        let highMask: UInt64 = kept >= 64 ? .max : kept == 0 ? 0 : .max << UInt64(64 - kept)
        let lowMask: UInt64 = kept >= 128 ? .max : kept <= 64 ? 0 : .max << UInt64(128 - kept)
        return IPAddress(high: high & highMask, low: low & lowMask)
    }
}

extension IPAddress: LosslessStringConvertible {
    /// Strict: four decimal numbers without leading zeros, or the forms of RFC 4291 section 2.2; no zone. The text of
    /// an IPv4-mapped address gives the IPv4 address.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        if !bytes.contains(UInt8(ascii: ":")) {
            guard let ipv4 = Self.dottedQuad(bytes[...]) else { return nil }
            self.init(ipv4: ipv4)
        } else {
            guard let groups = Self.groups(bytes) else { return nil }
            let halves = [groups[..<4], groups[4...]].map { $0.reduce(UInt64(0)) { $0 << 16 | UInt64($1) } }
            self.init(high: halves[0], low: halves[1])
        }
    }

    private static func dottedQuad(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var number: UInt32 = 0
            for byte in part {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                number = number * 10 + UInt32(byte - UInt8(ascii: "0"))
            }
            guard number <= 255 else { return nil }
            value = value << 8 | number
        }
        return value
    }

    private static func groups(_ bytes: [UInt8]) -> [UInt16]? {
        var before: [UInt16] = []
        var after: [UInt16]?
        var parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)[...]
        // A "::" at either end yields two empty parts there; in the middle, one.
        if parts.first?.isEmpty == true {
            guard parts.count > 2, parts[1].isEmpty else { return nil }
            parts = parts.dropFirst()
        }
        if parts.last?.isEmpty == true {
            guard parts.count > 1, parts[parts.endIndex - 2].isEmpty else { return nil }
            parts = parts.dropLast()
        }
        for (offset, part) in parts.enumerated() {
            if part.isEmpty {
                guard after == nil else { return nil }
                after = []
                continue
            }
            var values: [UInt16]
            if offset == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let ipv4 = dottedQuad(part) else { return nil }
                values = [UInt16(ipv4 >> 16), UInt16(truncatingIfNeeded: ipv4)]
            } else {
                guard part.count <= 4, let value = UInt16(String(decoding: part, as: UTF8.self), radix: 16),
                    part.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") })
                else { return nil }
                values = [value]
            }
            if after == nil { before += values } else { after?.append(contentsOf: values) }
        }
        guard let after else { return before.count == 8 ? before : nil }
        let missing = 8 - before.count - after.count
        return missing >= 1 ? before + Array(repeating: 0, count: missing) + after : nil
    }

    /// IPv4 dotted; IPv6 by RFC 5952 section 4: lower case, with the longest run of two or more zero groups shortened
    /// (the first of equals).
    public var description: String {
        if isIPv4 { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = [high, low].flatMap { half in
            (0..<4).map { UInt16(truncatingIfNeeded: half >> (48 - 16 * UInt64($0))) }
        }
        var longest = 0..<0
        var start = 0
        while start < groups.count {
            let run = start..<(groups[start...].firstIndex { $0 != 0 } ?? groups.count)
            if run.count > max(longest.count, 1) { longest = run }
            start = run.upperBound + 1
        }
        func text(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        if longest.isEmpty { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }
}
