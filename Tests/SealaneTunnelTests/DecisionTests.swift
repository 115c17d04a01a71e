import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

/// Decisions that arrive at any time after the handshake message.
@Suite("Decisions") struct DecisionTests {
    /// B holds back its decision about A's initiation. Returns the ticket.
    private func pendingInitiation(_ pair: SimulatedPair) throws -> Ticket {
        pair.b.isUndecided = true
        pair.sendFromA(1)
        pair.exchange()
        let ticket = try #require(pair.b.undecided.last)
        #expect(pair.b.awaits(ticket))
        #expect(pair.b.status?.state == .connecting)
        return ticket
    }

    @Test("no message leaves before the decision, and the decision creates the session", arguments: [true, false])
    func decisionLater(isResponder: Bool) throws {
        let pair = try SimulatedPair()
        let host = isResponder ? pair.b : pair.a
        host.isUndecided = true
        pair.sendFromA(1)
        pair.exchange()
        #expect(pair.b.delivered.isEmpty)
        #expect(pair.seen.count == (isResponder ? 1 : 2))
        let ticket = try #require(host.undecided.first)
        host.isUndecided = false
        #expect(host.decide(ticket))
        #expect(!host.awaits(ticket))
        pair.exchange()
        #expect(pair.b.delivered.map(number(of:)) == [1])
        for host in [pair.a, pair.b] { #expect(host.status?.state == .established) }
        #expect(!host.decide(ticket, .refuse(reasons: [])), "a ticket counts once")
        #expect(host.status?.state == .established)
    }

    @Test("a late refusal reaches the other end", arguments: [true, false])
    func refusalLater(isResponder: Bool) throws {
        let pair = try SimulatedPair()
        let (host, other) = isResponder ? (pair.b, pair.a) : (pair.a, pair.b)
        host.isUndecided = true
        pair.sendFromA(1)
        pair.exchange()
        #expect(host.decide(try #require(host.undecided.first), .refuse(reasons: Array("no".utf8))))
        pair.exchange()
        #expect(other.status?.state == .refused)
        #expect(other.status?.refusalByPeer == Array("no".utf8))
        #expect(host.status?.session == nil)
    }

    /// Nothing happens: no datagram, no command, no event, no change of the state.
    private func expectNoEffect(
        _ host: SimulatedHost, _ ticket: Ticket, _ place: SourceLocation = #_sourceLocation
    ) {
        let before = host.status?.state
        let events = host.tunnelEvents
        _ = host.popOutbox()
        for decision in [Decision.accept, .validatePath, .refuse(reasons: [1])] {
            #expect(!host.awaits(ticket), sourceLocation: place)
            let isAdopted = host.tunnel.decide(ticket, decision, host.now)
            #expect(!isAdopted, sourceLocation: place)
            let outputs = host.tunnel.popOutputs()
            #expect(outputs.isEmpty, sourceLocation: place)
        }
        host.performOutputs()
        #expect(host.popOutbox().isEmpty, sourceLocation: place)
        #expect(host.tunnelEvents == events, sourceLocation: place)
        #expect(host.status?.state == before, sourceLocation: place)
    }

    @Test("a newer initiation replaces the waiting one: the older ticket has no effect, and the newer one does")
    func replaced() throws {
        let pair = try SimulatedPair()
        let ticket = try pendingInitiation(pair)
        pair.live(for: .milliseconds(500), step: .milliseconds(50))
        let newer = try #require(pair.b.undecided.last)
        #expect(newer != ticket)
        expectNoEffect(pair.b, ticket)
        pair.b.isUndecided = false
        #expect(pair.b.decide(newer))
        pair.exchange()
        #expect(pair.a.status?.state == .established)
    }

    @Test("removing a peer ends its ticket, and adding it again under the same id does not revive the ticket")
    func removed() throws {
        let pair = try SimulatedPair()
        let ticket = try pendingInitiation(pair)
        pair.b.tunnel.remove(PeerID(0))
        pair.b.performOutputs()
        expectNoEffect(pair.b, ticket)
        pair.b.addPeer(pair.a, as: PeerID(0), addresses: [try #require(IPPrefix("10.78.0.1/32"))])
        expectNoEffect(pair.b, ticket)
        pair.live(for: .milliseconds(500), step: .milliseconds(50))
        let again = try #require(pair.b.undecided.last)
        #expect(again != ticket)
        #expect(pair.b.decide(again))
    }

    @Test("a ticket has no effect on another peer that gets the same id")
    func otherPeerOfTheID() throws {
        let pair = try SimulatedPair()
        let ticket = try pendingInitiation(pair)
        let other = try SimulatedHost(endpoint: try #require(Endpoint("10.77.0.3:7325")), seed: 77)
        pair.b.addPeer(other, as: PeerID(0), addresses: [try #require(IPPrefix("10.78.0.3/32"))])
        expectNoEffect(pair.b, ticket)
    }

    @Test("a change of the tunnel's settings ends the tickets of handshakes", arguments: [true, false])
    func settings(isMTU: Bool) throws {
        let pair = try SimulatedPair()
        let ticket = try pendingInitiation(pair)
        if isMTU {
            pair.b.tunnel.adopt(interfaceMTU: 1400, at: pair.b.now.monotonic)
        } else {
            pair.b.tunnel.present(claims: [7], credential: [], at: pair.b.now.monotonic)
        }
        pair.b.performOutputs()
        expectNoEffect(pair.b, ticket)
    }

    @Test("a late decision gives no session to a peer that was disallowed meanwhile")
    func notAllowed() throws {
        let pair = try SimulatedPair()
        let ticket = try pendingInitiation(pair)
        pair.b.tunnel.setAllowed(false, PeerID(0))
        pair.b.performOutputs()
        expectNoEffect(pair.b, ticket)
    }

    @Test("a message that waits too long is forgotten, and then the tunnel is idle")
    func age() throws {
        let pair = try SimulatedPair()
        let ticket = try pendingInitiation(pair)
        let deadline = try #require(pair.b.nextDeadline)
        #expect(deadline == pair.b.now.monotonic + TunnelLimits.decisionPatience)
        pair.b.advance(by: TunnelLimits.decisionPatience)
        pair.b.act()
        expectNoEffect(pair.b, ticket)
        #expect(pair.b.status?.state == .idle)
        #expect(pair.b.nextDeadline == nil)
    }

    @Test("a message for which no decision is possible is dropped and counted, and the peer tries again")
    func dropped() throws {
        let pair = try SimulatedPair()
        let ticket = try pendingInitiation(pair)
        pair.b.tunnel.drop(ticket)
        #expect(pair.b.drops(.handshakeLimited) == 1)
        expectNoEffect(pair.b, ticket)
        pair.b.tunnel.drop(ticket)
        #expect(pair.b.drops(.handshakeLimited) == 1)
        pair.b.isUndecided = false
        pair.live(for: .seconds(1), step: .milliseconds(50))
        #expect(pair.b.delivered.map(number(of:)) == [1])
    }

    @Test("while an initiation waits, its copies are replays, from its source and from elsewhere")
    func copies() throws {
        let pair = try SimulatedPair()
        let ticket = try pendingInitiation(pair)
        let initiation = try #require(pair.seen.first)
        pair.advance(by: .seconds(1))
        pair.b.receive(datagram: initiation.bytes, from: pair.a.endpoint)
        #expect(pair.b.drops(.handshakeReplayed) == 1)
        pair.b.receive(datagram: initiation.bytes, from: try #require(Endpoint("10.77.0.9:7325")))
        #expect(pair.b.drops(.handshakeReplayed) == 2)
        #expect(pair.b.awaits(ticket))
        pair.b.isUndecided = false
        #expect(pair.b.decide(ticket))
        pair.exchange()
        #expect(pair.a.status?.state == .established)
    }

    @Test("a waiting copy that arrived first and from elsewhere does not outdate the peer's own initiation")
    func copyFirst() throws {
        let pair = try SimulatedPair()
        pair.b.isUndecided = true
        pair.sendFromA(1)
        let initiation = try #require(pair.a.popOutbox().first)
        // As the network sees it: the source is rewritten, and the claim inside is not.
        let elsewhere = try #require(Endpoint("10.77.0.9:7325"))
        pair.b.receive(datagram: initiation.bytes, from: elsewhere)
        let copy = try #require(pair.b.undecided.last)
        pair.b.receive(datagram: initiation.bytes, from: pair.a.endpoint)
        let own = try #require(pair.b.undecided.last)
        #expect(copy != own)
        expectNoEffect(pair.b, copy)
        pair.b.isUndecided = false
        #expect(pair.b.decide(own))
        pair.exchange()
        #expect(pair.a.status?.state == .established)
    }

    @Test("a copy of a response does not replace the waiting one, and no timer repeats the initiation meanwhile")
    func responseCopies() throws {
        let pair = try SimulatedPair()
        pair.a.isUndecided = true
        pair.sendFromA(1)
        pair.exchange()
        let ticket = try #require(pair.a.undecided.last)
        let response = try #require(pair.seen.last)
        #expect(response.bytes.first == HandshakeMessage.responseType)
        for _ in 0..<5 {
            pair.a.advance(by: .milliseconds(300))
            pair.a.receive(datagram: response.bytes, from: pair.b.endpoint)
            pair.a.receive(datagram: response.bytes, from: try #require(Endpoint("10.77.0.9:7325")))
            pair.a.tick()
        }
        #expect(pair.a.undecided == [ticket])
        #expect(pair.a.drops(.handshakeUnexpected) == 10)
        #expect(pair.a.popOutbox().isEmpty)
        pair.a.isUndecided = false
        #expect(pair.a.decide(ticket))
        pair.exchange()
        #expect(pair.a.status?.state == .established)
    }

    @Test("after a response is dropped, the initiation is repeated")
    func droppedResponse() throws {
        let pair = try SimulatedPair()
        pair.a.isUndecided = true
        pair.sendFromA(1)
        pair.exchange()
        pair.a.tunnel.drop(try #require(pair.a.undecided.last))
        pair.a.isUndecided = false
        pair.live(for: .seconds(1), step: .milliseconds(50))
        #expect(pair.b.delivered.map(number(of:)) == [1])
        #expect(pair.a.drops(.handshakeLimited) == 1)
    }

    @Test("a decision about a path applies only to the newest observation")
    func pathDecisions() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        pair.exchange()
        pair.b.isUndecided = true
        let port = Endpoint(address: pair.a.endpoint.address, port: 9999)
        pair.sendFromA(2)
        pair.b.receive(datagram: try #require(pair.a.popOutbox().first).bytes, from: port)
        let first = try #require(pair.b.undecided.last)
        #expect(pair.b.status?.state == .established)
        // The session that replaces this one begins with a handshake, whose decision makes the older ticket stale.
        pair.a.tunnel.wantSession(with: PeerID(0), pair.a.now)
        pair.b.isUndecided = false
        #expect(pair.b.decide(first, .refuse(reasons: Array("translated".utf8))))
        pair.exchange()
        #expect(pair.b.status?.state == .refused)
        #expect(pair.a.status?.refusalByPeer == Array("translated".utf8))
        expectNoEffect(pair.b, first)
    }
}
