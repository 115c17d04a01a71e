import SealaneTunnel
import TestSupport
import Testing

/// A file of XDH vectors as Wycheproof writes it.
private struct X25519Vectors: Decodable {
    struct Group: Decodable {
        let curve: String
        let tests: [Vector]
    }

    struct Vector: Decodable {
        let tcId: Int
        let `public`: Hexadecimal
        let `private`: Hexadecimal
        let shared: Hexadecimal
    }

    let numberOfTests: Int
    let testGroups: [Group]
}

@Suite("X25519") struct X25519VectorTests {
    /// All of Wycheproof's are of the right length; "acceptable" are keys that RFC 7748 takes and that some refuse. It
    /// leaves but one choice, for the all-zero secret (section 6.1), which Noise lets be refused: here it is.
    @Test("every Wycheproof vector agrees, and all 31 of low order are refused")
    func wycheproof() throws {
        let file = try vectors(X25519Vectors.self, from: "wycheproof/x25519_test.json")
        let tests = file.testGroups.filter { $0.curve == "curve25519" }.flatMap(\.tests)
        try #require(tests.count == 518 && file.numberOfTests == 518)
        var refused = 0
        for test in tests {
            let key = try privateKey(test.private.bytes)
            let shared = try key.sharedSecret(with: #require(PublicKey(bytes: test.public.bytes)))
            let isZero = test.shared.bytes.allSatisfy { $0 == 0 }
            switch consume shared {
            case let shared?:
                let bytes = copy(shared)
                #expect(bytes == test.shared.bytes, "\(test.tcId)")
            case nil:
                #expect(isZero, "\(test.tcId)")
                refused += 1
            }
        }
        #expect(refused == 31)
    }

    @Test("the example of RFC 7748 section 6.1 holds")
    func rfc7748() throws {
        let alice = try privateKey(
            bytes("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))
        let bob = try privateKey(bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
        let shared = try bytes("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
        let (keyOfAlice, keyOfBob) = (alice.publicKey, bob.publicKey)
        #expect(try keyOfAlice.bytes == bytes("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"))
        #expect(try keyOfBob.bytes == bytes("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"))
        guard let ofAlice = try alice.sharedSecret(with: keyOfBob), let ofBob = try bob.sharedSecret(with: keyOfAlice)
        else {
            Issue.record("no shared secret")
            return
        }
        let copies = [copy(ofAlice), copy(ofBob)]
        #expect(copies == [shared, shared])
    }
}
