import SealaneAEAD
import SealaneTunnel
import TestSupport
import Testing

/// A file of Noise vectors.
private struct NoiseVectors: Decodable {
    struct Vector: Decodable {
        let protocolName: String
        let initPrologue: Hexadecimal
        let initPsks: [Hexadecimal]?
        let initStatic: Hexadecimal
        let initEphemeral: Hexadecimal
        let initRemoteStatic: Hexadecimal
        let respPrologue: Hexadecimal
        let respPsks: [Hexadecimal]?
        let respStatic: Hexadecimal
        let respEphemeral: Hexadecimal
        let handshakeHash: Hexadecimal
        let messages: [Message]
    }

    struct Message: Decodable {
        let payload: Hexadecimal
        let ciphertext: Hexadecimal
    }

    let vectors: [Vector]

    /// Those of the one protocol that this module speaks.
    static func applicable() throws -> [Vector] {
        try SealaneTunnelTests.vectors(Self.self, from: "noise/ik-blake2b.json").vectors
            .filter { $0.protocolName == NoiseIKpsk2.protocolName }
    }
}

@Suite("The Noise handshake") struct NoiseVectorTests {
    private let vector: NoiseVectors.Vector

    init() throws {
        let applicable = try NoiseVectors.applicable()
        try #require(applicable.count == 1)
        vector = try #require(applicable.first)
    }

    private func initiator(
        prologue: [UInt8]? = nil, responder: PublicKey? = nil
    ) throws -> NoiseInitiator {
        var random = ScriptedRandom(vector.initEphemeral.bytes)
        let key = try privateKey(vector.initStatic.bytes)
        return try NoiseInitiator(
            privateKey: key,
            agreement: StaticAgreement(
                key, responder ?? #require(PublicKey(bytes: vector.initRemoteStatic.bytes))),
            prologue: prologue ?? vector.initPrologue.bytes, payload: vector.messages[0].payload.bytes, using: &random)
    }

    private func responder(reading message: [UInt8], prologue: [UInt8]? = nil) throws(NoiseError) -> NoiseResponder {
        let key: PrivateKey
        do { key = try privateKey(vector.respStatic.bytes) } catch { throw .outOfMemory }
        return try NoiseResponder(
            privateKey: key, prologue: prologue ?? vector.respPrologue.bytes, initiation: message[...])
    }

    /// Takes message 1 and answers it with the vector's ephemeral key.
    private func answer(to message: [UInt8], psk: PresharedKey?) throws -> (
        remote: PublicKey, payload: [UInt8], message: [UInt8], result: Agreement
    ) {
        var responder = try responder(reading: message)
        let payload = try responder.readPayload(
            StaticAgreement(privateKey(vector.respStatic.bytes), responder.remote))
        var random = ScriptedRandom(vector.respEphemeral.bytes)
        var response: [UInt8] = []
        let result = try responder.write(
            payload: vector.messages[1].payload.bytes, presharedKey: psk, to: &response, using: &random)
        return (responder.remote, payload, response, Agreement(result))
    }

    /// What both ends must have in common.
    private struct Agreement: Equatable {
        let toResponder: [UInt8]
        let toInitiator: [UInt8]
        let handshakeHash: [UInt8]

        init(_ result: borrowing NoiseResult) {
            toResponder = copy(result.keys.toResponder)
            toInitiator = copy(result.keys.toInitiator)
            handshakeHash = result.handshakeHash
        }
    }

    private func psk() throws -> PresharedKey {
        try presharedKey(try #require(vector.initPsks?.first).bytes)
    }

    private func read(
        _ response: [UInt8], with initiator: borrowing NoiseInitiator, psk: PresharedKey?
    ) throws -> (payload: [UInt8], result: Agreement) {
        let result = try initiator.read(
            response: response[...], privateKey: privateKey(vector.initStatic.bytes), presharedKey: psk)
        return (result.payload, Agreement(result))
    }

    @Test("the initiator writes the vector's first message and reads its second, byte for byte")
    func asInitiator() throws {
        let initiator = try initiator()
        let initiation = initiator.initiation
        #expect(initiation == vector.messages[0].ciphertext.bytes)
        #expect(initiation.count == NoiseIKpsk2.initiationOverhead + vector.messages[0].payload.bytes.count)
        let (payload, result) = try read(vector.messages[1].ciphertext.bytes, with: initiator, psk: psk())
        #expect(payload == vector.messages[1].payload.bytes)
        #expect(result.handshakeHash == vector.handshakeHash.bytes)
        try checkTransport(result)
    }

    @Test("the responder reads the vector's first message and writes its second, byte for byte")
    func asResponder() throws {
        let (remote, payload, response, result) = try answer(to: vector.messages[0].ciphertext.bytes, psk: psk())
        let initiatorsKey = try privateKey(vector.initStatic.bytes).publicKey
        #expect(remote == initiatorsKey)
        #expect(payload == vector.messages[0].payload.bytes)
        #expect(response == vector.messages[1].ciphertext.bytes)
        #expect(response.count == NoiseIKpsk2.responseOverhead + vector.messages[1].payload.bytes.count)
        #expect(result.handshakeHash == vector.handshakeHash.bytes)
        try checkTransport(result)
    }

    /// The keys are those that seal the vector's transport messages: the initiator's and the responder's in turn.
    private func checkTransport(_ agreement: Agreement) throws {
        let toResponder = try AEADKey(.chaCha20Poly1305, agreement.toResponder)
        let toInitiator = try AEADKey(.chaCha20Poly1305, agreement.toInitiator)
        #expect(vector.messages.count == 6)
        for (at, message) in vector.messages.enumerated().dropFirst(2) {
            let nonce = Nonce(littleEndianCounter: UInt64(at / 2 - 1))
            let sealed =
                at.isMultiple(of: 2)
                ? toResponder.sealed(message.payload.bytes, header: [], nonce: nonce)
                : toInitiator.sealed(message.payload.bytes, header: [], nonce: nonce)
            #expect(sealed == message.ciphertext.bytes, "message \(at + 1)")
        }
    }

    @Test("a first message with an altered, missing or extra byte is refused")
    func alteredInitiation() throws {
        let message = vector.messages[0].ciphertext.bytes
        func isRefused(_ message: [UInt8]) -> Bool {
            do {
                _ = try answer(to: message, psk: psk())
                return false
            } catch { return error is NoiseError }
        }
        for at in message.indices {
            var altered = message
            altered[at] ^= UInt8(1 << (at % 8))
            #expect(isRefused(altered), "byte \(at)")
            #expect(isRefused(Array(message.prefix(at))), "cut to \(at) bytes")
        }
        #expect(isRefused(message + [0]))
        #expect(!isRefused(message))
    }

    @Test("an altered or cut second message is refused, and the original is still accepted after it")
    func alteredResponse() throws {
        let message = vector.messages[1].ciphertext.bytes
        let initiator = try initiator()
        let psk = try psk()
        for at in message.indices {
            var altered = message
            altered[at] ^= UInt8(1 << (at % 8))
            for forged in [altered, Array(message.prefix(at))] {
                let error = #expect(throws: NoiseError.self) { try read(forged, with: initiator, psk: psk) }
                #expect(error == .notAuthentic, "byte \(at)")
            }
        }
        let (payload, _) = try read(message, with: initiator, psk: psk)
        #expect(payload == vector.messages[1].payload.bytes)
    }

    @Test("ends that differ in prologue, pre-shared key or responder's key do not agree")
    func disagreement() throws {
        let initiator = try initiator()
        let initiation = initiator.initiation
        #expect(throws: NoiseError.notAuthentic) {
            _ = try self.responder(reading: initiation, prologue: vector.respPrologue.bytes + [0])
        }
        for psk in [try presharedKey([UInt8](repeating: 1, count: 32)), nil] {
            let (_, payload, response, _) = try answer(to: initiation, psk: psk)
            #expect(payload == vector.messages[0].payload.bytes)
            #expect(throws: NoiseError.notAuthentic) { _ = try read(response, with: initiator, psk: self.psk()) }
        }
        let another = try self.initiator(responder: try privateKey([UInt8](repeating: 5, count: 32)).publicKey)
        let forAnother = another.initiation
        #expect(throws: NoiseError.notAuthentic) { _ = try self.responder(reading: forAnother) }
    }

    @Test("the absence of a pre-shared key equals a key of 32 zero bytes")
    func withoutPresharedKey() throws {
        let initiator = try initiator()
        let zeros = try presharedKey([UInt8](repeating: 0, count: 32))
        let answered = try answer(to: initiator.initiation, psk: zeros)
        let (_, agreement) = try read(answered.message, with: initiator, psk: nil)
        #expect(agreement == answered.result)
    }

    @Test("a first message is not authentic under the agreement with another host than its sender")
    func foreignAgreement() throws {
        let message = vector.messages[0].ciphertext.bytes
        let another = try privateKey([UInt8](repeating: 5, count: 32)).publicKey
        var responder = try responder(reading: message)
        let agreement = try StaticAgreement(privateKey(vector.respStatic.bytes), another)
        #expect(throws: NoiseError.notAuthentic) { try responder.readPayload(agreement) }
    }

    @Test("a low-order key is refused in every position, because the agreement with it is not secret")
    func weakKeys() throws {
        let zero = try #require(PublicKey(bytes: [UInt8](repeating: 0, count: 32)))
        #expect(throws: NoiseError.weakKey) { _ = try self.initiator(responder: zero) }
        let initiation = zero.bytes + vector.messages[0].ciphertext.bytes.dropFirst(32)
        #expect(throws: NoiseError.weakKey) { _ = try self.responder(reading: initiation) }
        let response = zero.bytes + vector.messages[1].ciphertext.bytes.dropFirst(32)
        let initiator = try initiator()
        #expect(throws: NoiseError.weakKey) { _ = try read(response, with: initiator, psk: self.psk()) }
    }
}
