import SealaneAEAD
import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

@Suite("Handshake payloads") struct HandshakePayloadTests {
    private let timestamp = TAI64N(unixSeconds: 1_700_000_000, nanoseconds: 5)
    private let parameters = HandshakeParameters(
        claims: [0xAA, 0xBB], laneCount: 3, interfaceMTU: 9001, suites: [.chaCha20Poly1305, .aes256GCM],
        path: Self.path)
    private static let path = FourTuple(
        source: Endpoint(address: IPAddress(ipv4: 0x0A4D_0001), port: 7325),
        destination: Endpoint(address: IPAddress(ipv4: 0x0A4D_0002), port: 7326))

    /// Version 1, then tag, length, value: as written on the wire.
    private let encodedTerms: [UInt8] =
        [2, 0, 2, 0xAA, 0xBB, 3, 0, 1, 3, 4, 0, 4, 0, 0, 0x23, 0x29, 5, 0, 2, 2, 1]
        + [9, 0, 12, 10, 77, 0, 1, 0x1C, 0x9D, 10, 77, 0, 2, 0x1C, 0x9E]
    private var encodedInitiation: [UInt8] { [1, 1, 0, 12] + timestamp.bytes + encodedTerms }
    private var encodedAcceptance: [UInt8] { [1] + encodedTerms + [6, 0, 1, 1] }
    private var encodedRefusal: [UInt8] { [1] + encodedTerms + [7, 0, 3, 9, 8, 7] }

    private func initiationError(_ bytes: [UInt8]) -> HandshakePayloadError? {
        do throws(HandshakePayloadError) {
            _ = try InitiationPayload(decoding: bytes)
            return nil
        } catch {
            return error
        }
    }

    private func responseError(_ bytes: [UInt8]) -> HandshakePayloadError? {
        do throws(HandshakePayloadError) {
            _ = try ResponsePayload(decoding: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test("the encoding is version, then tag, length and value of each field")
    func layout() throws {
        let initiation = InitiationPayload(timestamp: timestamp, parameters: parameters)
        #expect(try initiation.encoded() == encodedInitiation)
        #expect(try InitiationPayload(decoding: encodedInitiation) == initiation)
        let acceptance = ResponsePayload(parameters: parameters, outcome: .accepted(.aes256GCM))
        #expect(try acceptance.encoded() == encodedAcceptance)
        #expect(try ResponsePayload(decoding: encodedAcceptance) == acceptance)
        let refusal = ResponsePayload(parameters: parameters, outcome: .refused(reasons: [9, 8, 7]))
        #expect(try refusal.encoded() == encodedRefusal)
        #expect(try ResponsePayload(decoding: encodedRefusal) == refusal)
        var proven = parameters
        proven.credential = [4, 5, 6]
        let provenInitiation = InitiationPayload(timestamp: timestamp, parameters: proven)
        #expect(try provenInitiation.encoded() == encodedInitiation + [8, 0, 3, 4, 5, 6])
        #expect(try InitiationPayload(decoding: encodedInitiation + [8, 0, 3, 4, 5, 6]) == provenInitiation)
        #expect(HandshakePayload.prologue(fleet: "blue") == Array("sealane/1\0blue".utf8))
    }

    @Test("every payload that can be encoded survives the round trip", arguments: 0..<50)
    func roundTrip(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        func bytes(_ limit: Int) -> [UInt8] {
            (0..<Int.random(in: 0...limit, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        let parameters = HandshakeParameters(
            claims: bytes(300), credential: bytes(200), laneCount: UInt8.random(in: 1...255, using: &random),
            interfaceMTU: UInt32.random(in: 0...UInt32.max, using: &random),
            suites: Bool.random(using: &random) ? CipherSuite.allCases : CipherSuite.allCases.reversed(),
            path: randomPath(&random))
        let initiation = InitiationPayload(
            timestamp: TAI64N(unixSeconds: Int64.random(in: 0...1 << 40, using: &random), nanoseconds: 7),
            parameters: parameters)
        #expect(try InitiationPayload(decoding: initiation.encoded()) == initiation)
        let outcome: ResponsePayload.Outcome =
            Bool.random(using: &random) ? .accepted(.chaCha20Poly1305) : .refused(reasons: bytes(700))
        let response = ResponsePayload(parameters: parameters, outcome: outcome)
        #expect(try ResponsePayload(decoding: response.encoded()) == response)
    }

    private func randomPath(_ random: inout SeededRandom) -> FourTuple {
        let isIPv4 = Bool.random(using: &random)
        func endpoint() -> Endpoint {
            let address =
                isIPv4
                ? IPAddress(ipv4: UInt32.random(in: 0...UInt32.max, using: &random))
                : IPAddress(high: UInt64.random(in: 1...UInt64.max, using: &random), low: 5)
            return Endpoint(address: address, port: UInt16.random(in: 0...UInt16.max, using: &random))
        }
        return FourTuple(source: endpoint(), destination: endpoint())
    }

    @Test("a path claim has two endpoints of one family, and IPv4 only in its own encoding")
    func pathClaims() throws {
        let before = [1, 1, 0, 12] + timestamp.bytes + encodedTerms.dropLast(15)
        let six: [UInt8] = [0xFD, 0x77] + [UInt8](repeating: 0, count: 13) + [1, 0x1C, 0x9D]
        let mapped: [UInt8] = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 10, 77, 0, 1, 0x1C, 0x9D]
        let four: [UInt8] = [10, 77, 0, 1, 0x1C, 0x9D]
        func error(_ claim: [UInt8]) -> HandshakePayloadError? {
            initiationError(before + [9, 0, UInt8(claim.count)] + claim)
        }
        #expect(error(six + six) == nil)
        #expect(error(four + four) == nil)
        for claim in [mapped + mapped, six + mapped, mapped + six, four + six, six, four, four + four + [0], []] {
            #expect(error(claim) == .badValue(field: 9), "\(claim)")
        }
        #expect(initiationError(before) == .missingField(9))
    }

    @Test("a payload cut within a field is truncated, and one cut between two fields is refused for the missing field")
    func truncated() throws {
        let boundaries = [1: 1, 16: 2, 21: 3, 25: 4, 32: 5, 37: 9] as [Int: UInt8]
        for length in encodedInitiation.indices {
            let error = initiationError(Array(encodedInitiation[..<length]))
            #expect(error == boundaries[length].map { .missingField($0) } ?? .truncated, "\(length) bytes")
        }
        for whole in [encodedAcceptance, encodedRefusal] {
            for length in whole.indices { #expect(responseError(Array(whole[..<length])) != nil, "\(length) bytes") }
        }
        #expect(responseError([1] + encodedTerms) == .missingField(6))
    }

    @Test("unknown tags from 128 on are ignored, and other unknown tags are refused")
    func unknownFields() throws {
        let known = InitiationPayload(timestamp: timestamp, parameters: parameters)
        for tag in UInt8(128)...255 {
            #expect(try InitiationPayload(decoding: encodedInitiation + [tag, 0, 2, 1, 2]) == known)
        }
        #expect(try InitiationPayload(decoding: [1, 200, 0, 0] + encodedInitiation.dropFirst()) == known)
        for tag in (UInt8(6)...127) + [0] where tag != 8 && tag != 9 {
            #expect(initiationError(encodedInitiation + [tag, 0, 0]) == .unknownField(tag))
        }
        for tag in (UInt8(10)...127) + [0, 1] {
            #expect(responseError(encodedAcceptance + [tag, 0, 0]) == .unknownField(tag))
        }
        #expect(responseError(encodedAcceptance + [200, 0, 0]) == nil)
        #expect(initiationError(encodedInitiation + [200, 0, 0, 200, 0, 0]) == .repeatedField(200))
    }

    @Test("a duplicate field is refused, and so is an outcome of both kinds")
    func repeatedFields() {
        #expect(initiationError(encodedInitiation + [3, 0, 1, 3]) == .repeatedField(3))
        #expect(responseError(encodedAcceptance + [6, 0, 1, 1]) == .repeatedField(6))
        #expect(responseError(encodedAcceptance + [7, 0, 0]) == .repeatedField(7))
    }

    @Test("another version is refused as another version", arguments: [0, 2, 255] as [UInt8])
    func version(version: UInt8) {
        #expect(initiationError([version] + encodedInitiation.dropFirst()) == .unsupportedVersion(version))
        #expect(responseError([version]) == .unsupportedVersion(version))
    }

    @Test("an invalid value is refused with the tag of its field")
    func badValues() {
        func initiation(_ replaced: [UInt8], _ with: [UInt8]) -> HandshakePayloadError? {
            guard let at = encodedInitiation.indices.first(where: { encodedInitiation[$0...].starts(with: replaced) })
            else { return nil }
            return initiationError(
                Array(encodedInitiation[..<at]) + with + encodedInitiation[(at + replaced.count)...])
        }
        #expect(initiation([3, 0, 1, 3], [3, 0, 1, 0]) == .badValue(field: 3))
        #expect(initiation([3, 0, 1, 3], [3, 0, 2, 0, 3]) == .badValue(field: 3))
        #expect(initiation([3, 0, 1, 3], [3, 0, 0]) == .badValue(field: 3))
        #expect(initiation([4, 0, 4, 0, 0, 0x23, 0x29], [4, 0, 2, 0x23, 0x29]) == .badValue(field: 4))
        #expect(initiation([1, 0, 12] + timestamp.bytes, [1, 0, 8] + timestamp.bytes[..<8]) == .badValue(field: 1))
        #expect(
            initiation(timestamp.bytes, timestamp.bytes[..<8] + [0x3B, 0x9A, 0xCA, 0]) == .badValue(field: 1))
        #expect(responseError([1] + encodedTerms + [6, 0, 1, 99]) == .badValue(field: 6))
        #expect(responseError([1] + encodedTerms + [6, 0, 0]) == .badValue(field: 6))
        #expect(initiationError(encodedInitiation + [8, 0, 0]) == .badValue(field: 8))
    }

    @Test("unknown suites are ignored, and the others keep their order")
    func unknownSuites() throws {
        let payload = encodedInitiation.dropLast(20) + [5, 0, 4, 77, 2, 0, 1] + encodedTerms.suffix(15)
        #expect(try InitiationPayload(decoding: Array(payload)).parameters.suites == [.chaCha20Poly1305, .aes256GCM])
        let none = encodedInitiation.dropLast(20) + [5, 0, 1, 77] + encodedTerms.suffix(15)
        #expect(try InitiationPayload(decoding: Array(none)).parameters.suites.isEmpty)
    }

    @Test("long claims, credentials and reasons, and zero lanes, are refused in encoding and in decoding")
    func limits() throws {
        func parameters(claims count: Int, credential: Int = 0, lanes: UInt8 = 1) -> HandshakeParameters {
            HandshakeParameters(
                claims: [UInt8](repeating: 1, count: count), credential: [UInt8](repeating: 3, count: credential),
                laneCount: lanes, interfaceMTU: 1500,
                suites: CipherSuite.allCases, path: Self.path)
        }
        func refusal(_ claims: Int, _ reasons: Int) -> ResponsePayload {
            ResponsePayload(
                parameters: parameters(claims: claims),
                outcome: .refused(reasons: [UInt8](repeating: 2, count: reasons)))
        }
        let longest = try InitiationPayload(timestamp: timestamp, parameters: parameters(claims: 800)).encoded()
        #expect(longest.count <= HandshakePayload.initiationByteLimit)
        #expect(throws: HandshakePayloadError.tooLong(field: 2)) {
            try InitiationPayload(timestamp: timestamp, parameters: parameters(claims: 801)).encoded()
        }
        let proven = InitiationPayload(timestamp: timestamp, parameters: parameters(claims: 100, credential: 1064))
        #expect(try proven.encoded().count <= HandshakePayload.initiationByteLimit)
        #expect(throws: HandshakePayloadError.tooLong(field: 8)) {
            try InitiationPayload(timestamp: timestamp, parameters: parameters(claims: 1, credential: 1065)).encoded()
        }
        #expect(throws: HandshakePayloadError.self) {
            try InitiationPayload(timestamp: timestamp, parameters: parameters(claims: 400, credential: 1064)).encoded()
        }
        #expect(throws: HandshakePayloadError.badValue(field: 3)) {
            try InitiationPayload(timestamp: timestamp, parameters: parameters(claims: 1, lanes: 0)).encoded()
        }
        #expect(try refusal(500, 700).encoded().count <= HandshakePayload.responseByteLimit)
        #expect(throws: HandshakePayloadError.tooLong(field: 7)) { try refusal(0, 701).encoded() }
        #expect(throws: HandshakePayloadError.self) { try refusal(800, 700).encoded() }

        let claims = [2, 0x03, 0x21] + [UInt8](repeating: 1, count: 801)
        let tooLong = [1, 1, 0, 12] + timestamp.bytes + claims + encodedTerms.dropFirst(5)
        #expect(initiationError(Array(tooLong)) == .tooLong(field: 2))
        let credential = [8, 0x04, 0x29] + [UInt8](repeating: 1, count: 1065)
        #expect(initiationError(encodedInitiation + credential) == .tooLong(field: 8))
        let reasons = [7, 0x02, 0xBD] + [UInt8](repeating: 1, count: 701)
        #expect(responseError([1] + encodedTerms + reasons) == .tooLong(field: 7))
    }

    @Test("random bytes are refused without a crash", arguments: 0..<20)
    func noise(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 0..<200 {
            var payload = Bool.random(using: &random) ? encodedInitiation : encodedRefusal
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                payload[Int.random(in: payload.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if let decoded = try? InitiationPayload(decoding: payload) {
                #expect(throws: Never.self) { try decoded.encoded() }
            }
            if let decoded = try? ResponsePayload(decoding: payload) {
                #expect(throws: Never.self) { try decoded.encoded() }
            }
        }
    }
}
