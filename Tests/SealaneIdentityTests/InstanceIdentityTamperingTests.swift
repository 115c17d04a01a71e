import Foundation
import SealaneIdentity
import TestSupport
import Testing

@Suite("Changed instance identity documents")
struct InstanceIdentityTamperingTests {
    @Test("every single-bit flip of a signature is refused", arguments: InstanceIdentityVector.all)
    func singleBitFlips(vector: InstanceIdentityVector) throws {
        try expectEveryFlipRefused(of: vector.blob, with: .aws)
    }

    @Test("every single-bit flip of a signature's text is refused, except in line endings")
    func textFlips() throws {
        let text = try InstanceIdentityVector.all[0].signature
        let lineEnds: Set<UInt8> = [0x0A, 0x0D]
        for bit in 0..<text.count * 8 {
            var flipped = text
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            if lineEnds.contains(text[bit / 8]), lineEnds.contains(flipped[bit / 8]) { continue }
            let refusal = refusal { _ = try InstanceIdentityDocument(verifying: flipped, with: .aws) }
            #expect(refusal != nil, "bit \(bit)")
        }
    }

    @Test("a truncated signature or one with an extra byte is refused", arguments: InstanceIdentityVector.all)
    func truncation(vector: InstanceIdentityVector) throws {
        let blob = try vector.blob
        for count in 0..<blob.count {
            #expect(refusal(of: Array(blob[..<count])) != nil, "\(count) bytes")
        }
        for byte in UInt8.min...UInt8.max {
            #expect(refusal(of: blob + [byte])?.check == .structure)
        }
    }

    @Test("a newline added to the signed document is detected by its digest")
    func addedNewline() throws {
        let blob = try InstanceIdentityVector.all[0].blob
        // The document is a single piece of 467 bytes at byte 58: 04 82 01 d3.
        #expect(Array(blob[54..<58]) == [0x04, 0x82, 0x01, 0xD3])
        for place in [58, 60, 525] {
            var longer = blob
            longer.insert(0x0A, at: place)
            longer[57] += 1
            #expect(refusal(of: longer)?.check == .digest)
        }
    }

    @Test("every accepted mutation contains the signed document", arguments: InstanceIdentityVector.all)
    func mutations(vector: InstanceIdentityVector) throws {
        var random = SeededRandom(seed: 0x11D)
        let blob = try vector.blob
        let document = try InstanceIdentityDocument(verifying: vector.signature, with: .aws)
        for _ in 0..<20_000 {
            let mutated = blob.mutated(using: &random)
            if let accepted = try? InstanceIdentityDocument(verifying: base64(mutated), with: .aws) {
                #expect(accepted == document)
            }
        }
    }

    @Test("random bytes are refused")
    func randomBytes() {
        var random = SeededRandom(seed: 0xBE5)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 1...400, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            #expect(refusal(of: bytes) != nil)
        }
    }

    @Test("values nested as deep as the size allows are refused, for each kind of nesting")
    func nesting() {
        for opening in [[0x30, 0x80], [0x24, 0x80], [0x31, 0x80], [0xA0, 0x80]] as [[UInt8]] {
            for count in [1, 10, 49, 50, 51, 100, 3000] {
                let open = Array(repeatElement(opening, count: count).joined())
                #expect(refusal(of: open)?.check == .structure)
                let end = [UInt8](repeating: 0, count: min(2 * count, 6100 - 2 * count))
                #expect(refusal(of: open + end)?.check == .structure)
            }
        }
    }
}

/// Flips each bit of `blob`, which is accepted unchanged.
func expectEveryFlipRefused(of blob: [UInt8], with certificates: RegionCertificates) throws {
    try #require(refusal(of: blob, with: certificates) == nil)
    let taken = (0..<blob.count * 8).filter { bit in
        var flipped = blob
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
        return refusal(of: flipped, with: certificates) == nil
    }
    #expect(taken.isEmpty, "bits \(taken)")
}
