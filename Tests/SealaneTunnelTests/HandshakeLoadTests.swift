import SealanePacket
import SealaneTunnel
import Testing

/// A responder under a flood: which initiations it works on, which it hands a cookie, which it lets drop.
@Suite("Handshakes under load") struct HandshakeLoadTests {
    private let host: SimulatedHost
    private let flooder: IPAddress

    init() throws {
        host = try SimulatedHost(endpoint: try #require(Endpoint("10.77.0.2:7325")), seed: 4)
        flooder = try #require(IPAddress("192.0.2.1"))
    }

    private enum Outcome: Equatable {
        /// A Diffie-Hellman was spent on it.
        case workedOn
        case asked(cookie: [UInt8])
        case dropped
    }

    /// What comes of an initiation from `source`.
    private func outcome(from source: Endpoint, cookie: [UInt8]? = nil) throws -> Outcome {
        let datagram = hollowInitiation(for: host.publicKey, cookie: cookie)
        let (worked, limited) = (host.drops(.handshakeNotAuthentic), host.drops(.handshakeLimited))
        host.receive(datagram: datagram, from: source)
        let answers = host.popOutbox()
        try #require(host.drops(.handshakeNotAuthentic) + host.drops(.handshakeLimited) == worked + limited + 1)
        if host.drops(.handshakeNotAuthentic) > worked {
            #expect(answers.isEmpty)
            return .workedOn
        }
        guard let answer = answers.first else { return .dropped }
        #expect(answers.count == 1 && answer.to == source)
        var holder = CookieHolder()
        let isTaken = holder.adopt(
            try cookieReply(parsing: answer.bytes), mac1: HandshakeMAC.mac1(of: datagram), responder: host.publicKey,
            at: host.now.monotonic)
        #expect(isTaken)
        return .asked(cookie: try #require(holder.cookie(at: host.now.monotonic)))
    }

    private func cookie(for source: Endpoint) throws -> [UInt8] {
        guard case .asked(let cookie) = try outcome(from: source) else {
            Issue.record("\(source) was not asked for a cookie")
            return []
        }
        return cookie
    }

    /// One more than cost nothing within a second.
    private func flood() {
        for number in 0...UInt16(TunnelLimits.initiationsPerSecondBeforeLoad) {
            host.receive(
                datagram: hollowInitiation(for: host.publicKey),
                from: Endpoint(address: flooder, port: 1000 + number))
        }
        _ = host.popOutbox()
    }

    @Test("up to the limit per second no source needs a cookie, and above it every source does")
    func threshold() throws {
        for number in 0..<UInt16(TunnelLimits.initiationsPerSecondBeforeLoad) {
            #expect(try outcome(from: Endpoint(address: flooder, port: 1000 + number)) == .workedOn)
        }
        _ = try cookie(for: Endpoint(address: flooder, port: 1))
        _ = try cookie(for: try #require(Endpoint("10.77.0.1:7325")))
    }

    @Test("cookies are required until a whole second was quiet, and no longer")
    func recovery() throws {
        flood()
        let source = try #require(Endpoint("10.77.0.1:7325"))
        host.advance(by: .seconds(1))
        _ = try cookie(for: source)
        host.advance(by: .seconds(1))
        #expect(try outcome(from: source) == .workedOn)
        flood()
        host.advance(by: .seconds(2))
        #expect(try outcome(from: source) == .workedOn)
    }

    @Test("a cookie is valid for two minutes, only for the address and port that it was sent to")
    func cookieIsBound() throws {
        flood()
        let source = try #require(Endpoint("10.77.0.1:7325"))
        let cookie = try cookie(for: source)
        #expect(try outcome(from: source, cookie: cookie) == .workedOn)
        for other in ["10.77.0.1:7326", "10.77.0.3:7325", "[fd00::1]:7325"] {
            let outcome = try outcome(from: try #require(Endpoint(other)), cookie: cookie)
            guard case .asked = outcome else {
                Issue.record("\(other): \(outcome)")
                continue
            }
        }
        host.advance(by: .seconds(120))
        flood()
        let later = try outcome(from: source, cookie: cookie)
        guard case .asked(let fresh) = later else {
            Issue.record("\(later)")
            return
        }
        #expect(fresh != cookie)
    }

    @Test("a source with a cookie may send 5 initiations at once and then 20 a second, whatever other sources do")
    func perSource() throws {
        flood()
        let (first, second) = (try #require(Endpoint("10.77.0.1:7325")), try #require(Endpoint("10.77.0.3:7325")))
        let (cookie, cookieOfSecond) = (try cookie(for: first), try cookie(for: second))
        for _ in 0..<5 { #expect(try outcome(from: first, cookie: cookie) == .workedOn) }
        #expect(try outcome(from: first, cookie: cookie) == .dropped)
        #expect(try outcome(from: second, cookie: cookieOfSecond) == .workedOn)
        host.advance(by: .milliseconds(49))
        #expect(try outcome(from: first, cookie: cookie) == .dropped)
        host.advance(by: .milliseconds(2))
        #expect(try outcome(from: first, cookie: cookie) == .workedOn)
        #expect(try outcome(from: first, cookie: cookie) == .dropped)
        host.advance(by: .milliseconds(700))
        for _ in 0..<5 { #expect(try outcome(from: first, cookie: cookie) == .workedOn) }
        #expect(try outcome(from: first, cookie: cookie) == .dropped)
    }

    @Test("all addresses of an IPv6 /64 share one allowance, and so do all ports of an IPv4 address")
    func sharedAllowance() throws {
        flood()
        let sources = try ["[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8:0:0:ffff::3]:9"].map {
            try #require(Endpoint($0))
        }
        let neighbour = try #require(Endpoint("[2001:db8:0:1::1]:1"))
        var worked = 0
        for source in sources {
            let cookie = try cookie(for: source)
            for _ in 0..<3 where try outcome(from: source, cookie: cookie) == .workedOn { worked += 1 }
        }
        #expect(worked == 5)
        #expect(try outcome(from: neighbour, cookie: cookie(for: neighbour)) == .workedOn)
        worked = 0
        for port: UInt16 in 1...3 {
            let source = Endpoint(address: flooder, port: port)
            let cookie = try cookie(for: source)
            for _ in 0..<3 where try outcome(from: source, cookie: cookie) == .workedOn { worked += 1 }
        }
        #expect(worked == 5)
    }

    @Test(
        "sources that are not the endpoint of a peer share one limit, however many there are and whatever cookies they have"
    )
    func ceiling() throws {
        flood()
        var worked = 0
        for number in 0..<UInt32(1000) {
            let source = Endpoint(address: IPAddress(ipv4: 0xC612_0000 + number), port: 1)
            if try outcome(from: source, cookie: cookie(for: source)) == .workedOn { worked += 1 }
        }
        #expect(worked == TunnelLimits.initiationsPerSecondOfOthers / 4)
    }

    @Test("the sources of an IPv6 /56 and of a /48 share a limit, each twice that of the next longer prefix")
    func prefixes() throws {
        func worked(_ sources: [String]) throws -> Int {
            try sources.reduce(0) { sum, text in
                let source = try #require(Endpoint(text))
                let cookie = try cookie(for: source)
                return try sum + (0..<10).count { _ in try outcome(from: source, cookie: cookie) == .workedOn }
            }
        }
        flood()
        #expect(try worked((0..<20).map { "[2001:db8:0:\(String($0, radix: 16))::1]:1" }) == 10)
        host.advance(by: .milliseconds(900))
        flood()
        #expect(try worked((1..<20).map { "[2001:db8:1:\(String($0 << 8, radix: 16))::1]:1" }) == 20)
    }

    @Test("a configured peer has an allowance of its own, even with an attacker in its subnet")
    func peers() throws {
        let peer = try HandMadePeer(try #require(Endpoint("[2001:db8::7]:7325")))
        peer.introduce(to: host, addresses: [])
        flood()
        for number in 0..<300 {
            let source = try #require(Endpoint("[2001:db8::\(String(100 + number, radix: 16))]:1"))
            _ = try outcome(from: source, cookie: cookie(for: source))
        }
        let cookie = try cookie(for: peer.endpoint)
        for _ in 0..<5 { #expect(try outcome(from: peer.endpoint, cookie: cookie) == .workedOn) }
        #expect(try outcome(from: peer.endpoint, cookie: cookie) == .dropped)
        // Another port of the same address is a stranger.
        let stranger = Endpoint(address: peer.endpoint.address, port: 7326)
        #expect(try outcome(from: stranger, cookie: self.cookie(for: stranger)) == .dropped)
    }

    @Test("a flood from very many sources does not lock out a new source, because the oldest entry is replaced")
    func manySources() throws {
        flood()
        for number in 0..<UInt32(5000) {
            let source = Endpoint(address: IPAddress(ipv4: 0xC612_0000 + number), port: 1)
            _ = try outcome(from: source, cookie: cookie(for: source))
            host.advance(by: .microseconds(100))
            if number.isMultiple(of: 1000) { flood() }
        }
        host.advance(by: .milliseconds(400))
        flood()
        let late = try #require(Endpoint("10.77.0.1:7325"))
        #expect(try outcome(from: late, cookie: cookie(for: late)) == .workedOn)
    }
}
