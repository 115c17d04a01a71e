/// A certificate's serial number (RFC 5280 section 4.1.2.2): 1 to 20 bytes.
package struct CertificateSerial: Hashable, Sendable, Comparable {
    /// Big-endian, without leading zeros.
    let bytes: [UInt8]

    static var byteLimit: Int { 20 }

    /// Nil if there are too many bytes.
    init?(bytes: some Collection<UInt8>) {
        let bytes = Array(bytes.drop { $0 == 0 })
        guard bytes.count <= Self.byteLimit else { return nil }
        self.bytes = bytes.isEmpty ? [0] : bytes
    }

    /// 20 bytes. The first is between 0x40 and 0x7f, so that the number is positive and all have the same length.
    static func random(using random: inout some RandomNumberGenerator) -> CertificateSerial {
        var bytes = (0..<byteLimit).map { _ in UInt8.random(in: 0...255, using: &random) }
        bytes[0] = bytes[0] & 0x3f | 0x40
        return CertificateSerial(unchecked: bytes)
    }

    private init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    package static func < (left: CertificateSerial, right: CertificateSerial) -> Bool {
        left.bytes.count == right.bytes.count
            ? left.bytes.lexicographicallyPrecedes(right.bytes) : left.bytes.count < right.bytes.count
    }
}

extension CertificateSerial: LosslessStringConvertible, Codable {
    /// Hexadecimal as tools print it: upper or lower case, with or without colons.
    package init?(_ text: String) {
        let digits = text.utf8.filter { $0 != UInt8(ascii: ":") }
        guard (1...2 * Self.byteLimit).contains(digits.count), digits.allSatisfy(\.isHexadecimalDigit) else {
            return nil
        }
        let even = (digits.count % 2 == 0 ? [] : [UInt8(ascii: "0")]) + digits
        let bytes = stride(from: 0, to: even.count, by: 2).compactMap {
            UInt8(String(decoding: even[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        self.init(bytes: bytes)
    }

    /// Two lower-case hexadecimal digits per byte, without colons.
    package var description: String { bytes.hexadecimal }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let serial = CertificateSerial(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a serial number")
        }
        self = serial
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension UInt8 {
    fileprivate var isHexadecimalDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
