import SealaneAEAD
import Testing

@Suite("Wycheproof vectors")
struct WycheproofTests {
    @Test(
        "every vector with a 256-bit key, a 96-bit nonce and a 128-bit tag gives the file's result",
        arguments: ProvidedSuite.available)
    func applicableVectors(suite: ProvidedSuite) throws {
        let file = try Wycheproof.load(suite.suite)
        var tested = 0
        for vector in file.testGroups.filter(\.applies).flatMap(\.tests) {
            try check(vector, suite: suite)
            tested += 1
        }

        // Counted from the vectors themselves, not from their groups' declarations.
        let vectors = file.testGroups.flatMap(\.tests)
        let applicable = vectors.count {
            $0.key.bytes.count == 32 && $0.iv.bytes.count == 12 && $0.tag.bytes.count == 16
        }
        #expect(vectors.count == file.numberOfTests)
        #expect(tested == applicable)
        #expect(tested == (suite.suite == .aes256GCM ? 66 : 316))
    }

    @Test("this processor runs every suite, so that no vector is skipped")
    func everySuite() {
        #expect(CipherSuite.available == CipherSuite.allCases)
    }

    private func check(_ vector: Wycheproof.Vector, suite: ProvidedSuite) throws {
        let key = try AEADKey(suite, bytes: vector.key.bytes)
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
