import SealaneAEAD
import Testing

@Suite("Wycheproof vectors")
struct WycheproofTests {
    @Test(
        "every vector with a 256-bit key, a 96-bit nonce and a 128-bit tag does as the file says",
        arguments: zip(CipherSuite.allCases, [66, 316]))
    func applicableVectors(suite: CipherSuite, expectedCount: Int) throws {
        try #require(CipherSuite.available.contains(suite), "this processor cannot run \(suite)")
        let file = try Wycheproof.load(suite)
        var tested = 0
        for vector in file.testGroups.filter(\.applies).flatMap(\.tests) {
            try check(vector, suite: suite)
            tested += 1
        }

        // Counted again from the vectors themselves, not from what their groups declare.
        let vectors = file.testGroups.flatMap(\.tests)
        let applicable = vectors.count {
            $0.key.bytes.count == 32 && $0.iv.bytes.count == 12 && $0.tag.bytes.count == 16
        }
        #expect(vectors.count == file.numberOfTests)
        #expect(tested == applicable)
        #expect(tested == expectedCount)
    }

    private func check(_ vector: Wycheproof.Vector, suite: CipherSuite) throws {
        let key = try AEADKey(suite: suite, bytes: vector.key.bytes)
        let nonce = try #require(Nonce(bytes: vector.iv.bytes))
        let sealed = vector.ct.bytes + vector.tag.bytes
        let opened = key.opened(sealed, header: vector.aad.bytes, nonce: nonce)
        let name: Comment = "\(suite) \(vector.tcId)"
        switch vector.result {
        case "valid":
            #expect(opened == vector.msg.bytes, name)
            let resealed = key.sealed(vector.msg.bytes, header: vector.aad.bytes, nonce: nonce)
            #expect(resealed == sealed, name)
        case "invalid":
            #expect(opened == nil, name)
        default:
            Issue.record("\(name): unknown result \(vector.result)")
        }
    }
}
