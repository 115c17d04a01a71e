import SealaneAEAD
import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

@Suite("The vectors of docs/protocol.md")
struct ProtocolVectorTests {
    private let vectors: ProtocolVectors

    init() throws {
        vectors = try ProtocolPage.vectors(ProtocolVectors.self)
    }

    private var plain: ProtocolVectors.Handshake { vectors.handshakes[0] }
    private var certified: ProtocolVectors.Handshake { vectors.handshakes[1] }

    @Test("docs/protocol.md lists every drop counter")
    func counters() throws {
        let page = try ProtocolPage.text()
        for reason in DropReason.allCases { #expect(page.contains("`\(reason.name)`"), "\(reason.name)") }
    }

    // MARK: Handshakes by themselves

    @Test(
        "two handshakes, with and without certificates and a pre-shared key, give the messages, keys and hashes of the file"
    )
    func handshakes() throws {
        #expect(vectors.handshakes.map { $0.presharedKey == nil } == [true, false])
        #expect(vectors.handshakes.map(\.a.credential.bytes.isEmpty) == [true, false])
        for vector in vectors.handshakes {
            #expect(HandshakePayload.prologue(fleet: vector.fleet) == vector.prologue.bytes)
            try checkPayloads(of: vector)
            try checkNoise(of: vector)
        }
    }

    private func checkPayloads(of vector: ProtocolVectors.Handshake) throws {
        let initiation = InitiationPayload(
            timestamp: vector.time.wall, parameters: try vector.a.parameters(to: vector.b.endpoint))
        #expect(vector.time.wall.bytes == vector.initiation.timestamp.bytes)
        #expect(try initiation.encoded() == vector.initiation.payload.bytes)
        #expect(try InitiationPayload(decoding: vector.initiation.payload.bytes) == initiation)
        let response = ResponsePayload(
            parameters: try vector.b.parameters(to: vector.a.endpoint),
            outcome: .accepted(try #require(CipherSuite(rawValue: vector.session.suite))))
        #expect(try response.encoded() == vector.response.payload.bytes)
        #expect(try ResponsePayload(decoding: vector.response.payload.bytes) == response)
    }

    private func checkNoise(of vector: ProtocolVectors.Handshake) throws {
        let keyOfA = try privateKey(vector.a.staticPrivate.bytes)
        let keyOfB = try privateKey(vector.b.staticPrivate.bytes)
        let (publicKeyOfA, publicKeyOfB) = (keyOfA.publicKey, keyOfB.publicKey)
        #expect(publicKeyOfA.bytes == vector.a.staticPublic.bytes)
        #expect(publicKeyOfB.bytes == vector.b.staticPublic.bytes)
        let psk = try vector.presharedKey.map { try presharedKey($0.bytes) }

        var random = ScriptedRandom(vector.a.ephemeralPrivate.bytes)
        let initiator = try NoiseInitiator(
            privateKey: keyOfA, agreement: StaticAgreement(keyOfA, publicKeyOfB), prologue: vector.prologue.bytes,
            payload: vector.initiation.payload.bytes, using: &random)
        let (initiation, responseKey) = (initiator.initiation, initiator.responseKey)
        #expect(initiation[...] == vector.initiation.datagram.bytes.dropFirst(8).dropLast(32))
        #expect(responseKey == vector.initiation.responseKey.bytes)

        var responder = try NoiseResponder(
            privateKey: keyOfB, prologue: vector.prologue.bytes, initiation: initiation[...])
        let payload = try responder.readPayload(StaticAgreement(keyOfB, publicKeyOfA))
        #expect(payload == vector.initiation.payload.bytes)
        random = ScriptedRandom(vector.b.ephemeralPrivate.bytes)
        var message: [UInt8] = []
        let answered = try responder.write(
            payload: vector.response.payload.bytes, presharedKey: psk, to: &message, using: &random)
        let response = vector.response.datagram.bytes.dropFirst(12).dropLast(32)
        #expect(message[...] == response)
        try check(answered, against: vector.session)

        let finished = try initiator.read(response: response, privateKey: keyOfA, presharedKey: psk)
        let payloadOfB = finished.payload
        #expect(payloadOfB == vector.response.payload.bytes)
        try check(finished, against: vector.session)
    }

    private func check(_ result: borrowing NoiseResult, against session: ProtocolVectors.Session) throws {
        let (hash, toResponder, toInitiator) = (
            result.handshakeHash, copy(result.keys.toResponder), copy(result.keys.toInitiator)
        )
        #expect(hash == session.handshakeHash.bytes)
        #expect(toResponder == session.toResponder.bytes)
        #expect(toInitiator == session.toInitiator.bytes)
    }

    @Test("data has the keys, headers, counters and ciphertexts of the file")
    func data() throws {
        for vector in vectors.handshakes {
            let suite = try #require(CipherSuite(rawValue: vector.session.suite))
            for datagram in vector.datagrams {
                let header = Array(datagram.datagram.bytes[..<DataHeader.byteCount])
                let receiver = datagram.from == "a" ? vector.b : vector.a
                #expect(Array(header[4..<8]) == receiver.sessionIndex.bytes)
                let nonce = Nonce(bigEndianCounter: datagram.counter)
                let key = try AEADKey(suite, datagram.key.bytes)
                let sealed = key.sealed(datagram.plaintext.bytes, header: header, nonce: nonce)
                #expect(header + sealed == datagram.datagram.bytes, "\(datagram.name)")
            }
        }
    }

    // MARK: Whole ends

    @Test(
        "two ends without certificates send the datagrams of the file: probes, answers, packets on two lanes, and a close"
    )
    func plainSession() throws {
        let ends = try Ends(plain, insideA: "10.8.0.1", insideB: "10.8.0.2")
        try ends.a.send(plain.datagram("packet of a on lane 0").plaintext.bytes, onLane: 0)
        try ends.handshake(thenFromA: ["MTU probe of a", "lane probe of a"])
        try ends.deliver(
            "MTU probe of a", thenFromB: ["answer to the MTU probe of a", "MTU probe of b", "lane probe of b"])
        try ends.deliver("answer to the MTU probe of a", thenFromA: ["packet of a on lane 0"])
        let byLane0 = "packet of a on lane 1, by the path of lane 0"
        try ends.a.send(plain.datagram(byLane0).plaintext.bytes, onLane: 1)
        try ends.expectFromA([byLane0])
        try ends.deliver("packet of a on lane 0")
        try ends.deliver(byLane0)
        #expect(ends.b.deliveredOn == [0, 0])

        try ends.deliver("lane probe of a", thenFromB: ["answer to the lane probe of a"])
        try ends.deliver("answer to the lane probe of a")
        #expect(ends.a.laneStates == ["usable", "usable"])
        // Packets of the lane that left by the path of lane 0 get a start.
        ends.advance(by: .milliseconds(60))
        try ends.a.send(plain.datagram("packet of a on lane 1").plaintext.bytes, onLane: 1)
        try ends.expectFromA(["packet of a on lane 1"])
        try ends.deliver("packet of a on lane 1")
        #expect(ends.b.deliveredOn == [0, 0, 1])

        try ends.deliver("MTU probe of b", thenFromA: ["answer to the MTU probe of b"])
        try ends.deliver("lane probe of b", thenFromA: ["answer to the lane probe of b"])
        try ends.deliver("answer to the MTU probe of b")
        try ends.deliver("answer to the lane probe of b")
        try ends.b.send(plain.datagram("packet of b on lane 0").plaintext.bytes, onLane: 0)
        try ends.expectFromB(["packet of b on lane 0"])
        try ends.deliver("packet of b on lane 0")
        #expect(ends.a.deliveredOn == [0])

        ends.b.tunnel.close(PeerID(0), reasons: vectors.refusal.encodedReasons.bytes, ends.b.now.monotonic)
        ends.advance(by: .zero)
        try ends.expectFromB(["close of b"])
        try ends.deliver("close of b")
        #expect(ends.a.status?.state == .refused)
        #expect(ends.a.status?.refusalByPeer == vectors.refusal.encodedReasons.bytes)
    }

    @Test("two ends with certificates and a pre-shared key send the datagrams of the file, over IPv6, two lanes to one")
    func certifiedSession() throws {
        let ends = try Ends(certified, insideA: "fd08::1", insideB: "fd08::2")
        ends.a.tunnel.provesMTU = false
        ends.b.tunnel.provesMTU = false
        try ends.a.send(certified.datagram("packet of a on lane 0").plaintext.bytes, onLane: 0)
        try ends.handshake(thenFromA: ["packet of a on lane 0", "keepalive of a", "lane probe of a"])
        #expect(ends.b.status?.parameters?.credential == certified.a.credential.bytes)
        #expect(ends.a.status?.parameters?.credential == certified.b.credential.bytes)
        try ends.deliver("packet of a on lane 0")
        try ends.deliver("keepalive of a")
        #expect(ends.b.status?.state == .established)
        try ends.deliver("lane probe of a", thenFromB: ["answer to the lane probe of a"])
        try ends.deliver("answer to the lane probe of a")
        ends.advance(by: .milliseconds(60))
        try ends.a.send(certified.datagram("packet of a on lane 1").plaintext.bytes, onLane: 1)
        try ends.expectFromA(["packet of a on lane 1"])
        try ends.deliver("packet of a on lane 1")
        try ends.b.send(certified.datagram("packet of b on lane 0").plaintext.bytes, onLane: 0)
        try ends.expectFromB(["packet of b on lane 0"])
        try ends.deliver("packet of b on lane 0")
        #expect(ends.b.deliveredOn == [0, 0])
        #expect(ends.a.deliveredOn == [0])
    }

    @Test("an end that refuses an initiation sends the response of the file, and an initiation of its own")
    func refusal() throws {
        let refusal = vectors.refusal
        let drawn = [plain.b.ephemeralPrivate, refusal.ownSessionIndex, refusal.ownEphemeralPrivate].map(\.bytes)
        let ends = try Ends(plain, insideA: "10.8.0.1", insideB: "10.8.0.2", bDraws: drawn)
        ends.b.objection = { _ in refusal.encodedReasons.bytes }
        try ends.a.send(plain.datagram("packet of a on lane 0").plaintext.bytes, onLane: 0)
        let initiation = ends.takeFromA()
        #expect(initiation.map(\.bytes) == [refusal.initiation.bytes])
        for datagram in initiation { ends.receiveAtB(datagram) }
        let answers = ends.takeFromB()
        #expect(answers.map(\.bytes) == [refusal.response.datagram.bytes, refusal.ownInitiation.datagram.bytes])
        ends.receiveAtA(try #require(answers.first))
        #expect(ends.a.status?.state == .refused)
        #expect(ends.a.status?.refusalByPeer == refusal.encodedReasons.bytes)

        let payload = ResponsePayload(
            parameters: try plain.b.parameters(to: plain.a.endpoint, showsCredential: false),
            outcome: .refused(reasons: refusal.encodedReasons.bytes))
        #expect(try payload.encoded() == refusal.response.payload.bytes)
    }

    // MARK: What a handshake may need besides

    @Test("a cookie reply and an initiation with its cookie are those of the file")
    func cookie() throws {
        let cookie = vectors.cookie
        let responder = try #require(PublicKey(bytes: plain.b.staticPublic.bytes))
        let source = try #require(Endpoint(cookie.source))
        var random = ScriptedRandom(cookie.secret.bytes + cookie.nonce.bytes)
        var secret = CookieSecret(publicKey: responder)
        secret.rotate(at: MonotonicTime(nanoseconds: 1), using: &random)
        #expect(secret.cookie(for: source) == cookie.cookie.bytes)
        let datagram = plain.initiation.datagram.bytes
        guard case .initiation(let initiation) = try HandshakeMessage(parsing: datagram) else {
            Issue.record("the first message is not an initiation")
            return
        }
        #expect(secret.reply(to: initiation, from: source, using: &random) == cookie.reply.bytes)

        guard case .cookieReply(let reply) = try HandshakeMessage(parsing: cookie.reply.bytes) else {
            Issue.record("the reply is not a cookie reply")
            return
        }
        var holder = CookieHolder()
        let now = MonotonicTime(nanoseconds: 2)
        let isTaken = holder.adopt(reply, mac1: HandshakeMAC.mac1(of: datagram), responder: responder, at: now)
        #expect(isTaken)
        #expect(holder.cookie(at: now) == cookie.cookie.bytes)
        var again = Array(datagram.dropLast(32))
        HandshakeMAC.append(to: &again, receiver: responder, cookie: cookie.cookie.bytes)
        #expect(again == cookie.initiationWithCookie.bytes)
    }

    @Test("the payload of an initiation that another one prompted is that of the file")
    func prompt() throws {
        let prompt = vectors.prompt
        let payload = InitiationPayload(
            timestamp: plain.time.wall, parameters: try plain.a.parameters(to: plain.b.endpoint),
            prompt: HandshakePrompt(mac1: prompt.mac1.bytes, seen: TAI64N(bytes: prompt.seen.bytes)))
        #expect(try payload.encoded() == prompt.payload.bytes)
        #expect(try InitiationPayload(decoding: prompt.payload.bytes) == payload)
    }
}

/// Two ends with the keys and the randomness of one handshake of the file, whose datagrams the test delivers one by one.
private final class Ends {
    let a: LanedHost
    let b: LanedHost
    private let vector: ProtocolVectors.Handshake

    init(
        _ vector: ProtocolVectors.Handshake, insideA: String, insideB: String, bDraws: [[UInt8]] = []
    ) throws {
        self.vector = vector
        a = try vector.a.host(in: vector)
        b = try vector.b.host(in: vector, drawing: bDraws)
        a.tunnel.provesMTU = true
        b.tunnel.provesMTU = true
        let psk = try vector.presharedKey.map { try presharedKey($0.bytes) }
        func prefix(_ address: String) throws -> IPPrefix {
            let address = try #require(IPAddress(address))
            return try #require(IPPrefix(address: address, length: address.bitCount))
        }
        a.addPeer(b, addresses: [try prefix(insideB)], presharedKey: psk)
        b.addPeer(a, addresses: [try prefix(insideA)], presharedKey: psk)
    }

    func takeFromA() -> [LanedHost.Departure] { a.popOutbox() }

    func takeFromB() -> [LanedHost.Departure] { b.popOutbox() }

    private func arrival(_ tuple: FourTuple) -> Arrival {
        Arrival(source: tuple.source, destination: tuple.destination, hopLimit: TunnelLimits.hopLimit)
    }

    func receiveAtA(_ datagram: LanedHost.Departure) { a.receive(datagram.bytes, arrival(datagram.tuple)) }
    func receiveAtB(_ datagram: LanedHost.Departure) { b.receive(datagram.bytes, arrival(datagram.tuple)) }

    func advance(by duration: Duration) {
        a.advance(by: duration, reports: false)
        b.advance(by: duration, reports: false)
    }

    /// A has sent its initiation. Both messages of the handshake are those of the file, and what A sends then, too.
    func handshake(thenFromA names: [String]) throws {
        let path = FourTuple(
            source: try #require(Endpoint(vector.a.endpoint)), destination: try #require(Endpoint(vector.b.endpoint)))
        let initiation = takeFromA()
        #expect(initiation.map(\.bytes) == [vector.initiation.datagram.bytes])
        #expect(initiation.map(\.tuple) == [path])
        for datagram in initiation { receiveAtB(datagram) }
        let response = takeFromB()
        #expect(response.map(\.bytes) == [vector.response.datagram.bytes])
        for datagram in response { receiveAtA(datagram) }
        try expectFromA(names)
    }

    func expectFromA(_ names: [String], _ place: SourceLocation = #_sourceLocation) throws {
        try expect(names, of: takeFromA(), place)
    }

    func expectFromB(_ names: [String], _ place: SourceLocation = #_sourceLocation) throws {
        try expect(names, of: takeFromB(), place)
    }

    private func expect(_ names: [String], of sent: [LanedHost.Departure], _ place: SourceLocation) throws {
        #expect(sent.count == names.count, sourceLocation: place)
        for (datagram, name) in zip(sent, names) {
            let expected = try vector.datagram(name)
            #expect(datagram.bytes == expected.datagram.bytes, "\(name)", sourceLocation: place)
            #expect("\(datagram.tuple)" == "\(expected.source) to \(expected.destination)", sourceLocation: place)
        }
    }

    /// Hands the file's datagram to the other end, which sends these, and nothing else, in answer.
    func deliver(
        _ name: String, thenFromA namesOfA: [String] = [], thenFromB namesOfB: [String] = [],
        _ place: SourceLocation = #_sourceLocation
    ) throws {
        let datagram = try vector.datagram(name)
        let tuple = FourTuple(
            source: try #require(Endpoint(datagram.source)), destination: try #require(Endpoint(datagram.destination)))
        let host = datagram.from == "a" ? b : a
        host.receive(datagram.datagram.bytes, arrival(tuple))
        try expectFromA(namesOfA, place)
        try expectFromB(namesOfB, place)
    }
}
