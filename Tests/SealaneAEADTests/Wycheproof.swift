import Foundation
import SealaneAEAD

/// A file of vectors in Wycheproof's format; sizes are in bits, byte strings in hexadecimal.
struct Wycheproof: Decodable {
    struct Group: Decodable {
        let keySize: Int
        let ivSize: Int
        let tagSize: Int
        let tests: [Vector]

        var applies: Bool { keySize == 256 && ivSize == 96 && tagSize == 128 }
    }

    struct Vector: Decodable {
        let tcId: Int
        let key: Hexadecimal
        let iv: Hexadecimal
        let aad: Hexadecimal
        let msg: Hexadecimal
        let ct: Hexadecimal
        let tag: Hexadecimal
        let result: String
    }

    struct Hexadecimal: Decodable {
        let bytes: [UInt8]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let digits = try container.decode(String.self).utf8.map { digit in
                UInt8(String(UnicodeScalar(digit)), radix: 16)
            }
            guard digits.count.isMultiple(of: 2), digits.allSatisfy({ $0 != nil }) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not hexadecimal")
            }
            let nibbles = digits.compactMap(\.self)
            bytes = stride(from: 0, to: nibbles.count, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
        }
    }

    let numberOfTests: Int
    let testGroups: [Group]

    static func load(_ suite: CipherSuite) throws -> Wycheproof {
        let name =
            switch suite {
            case .aes256GCM: "aes_gcm_test"
            case .chaCha20Poly1305: "chacha20_poly1305_test"
            }
        let url = Bundle.module.bundleURL.appending(path: "Vectors/\(name).json")
        return try JSONDecoder().decode(Wycheproof.self, from: Data(contentsOf: url))
    }
}
