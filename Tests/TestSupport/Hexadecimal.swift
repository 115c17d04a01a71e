/// Bytes as a file of vectors writes them: hexadecimal digits.
package struct Hexadecimal: Decodable, Sendable {
    package let bytes: [UInt8]

    package init?(_ text: String) {
        let nibbles = text.utf8.map { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard nibbles.count.isMultiple(of: 2), nibbles.allSatisfy({ $0 != nil }) else { return nil }
        let digits = nibbles.compactMap(\.self)
        bytes = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Hexadecimal(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not hexadecimal")
        }
        self = value
    }
}
