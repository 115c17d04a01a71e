import Foundation
import SealaneAEAD
import SealaneAgent
import SealaneDataplane
import SealaneEligibility
import SealaneIdentity
import SealaneLinux
import SealanePacket
import SealaneTunnel
import Synchronization
import TestSupport
import Testing

/// An authority, and two certificates of one host.
private struct Credentials {
    let authority: CertificateAuthority
    let staticKey: PublicKey
    let credential: [UInt8]
    let other: [UInt8]
    let now = Date(timeIntervalSince1970: 1_700_000_000)

    init() throws {
        var random = SeededRandom(seed: 5)
        let fleet = try TrustDomain(fleet: "queue")
        let now = now
        let authority = try CertificateAuthority(
            creatingRootOf: fleet, key: IdentityKey.generate(using: &random), at: now, using: &random)
        self.authority = authority
        staticKey = try PrivateKey.generate(using: &random).publicKey
        let key = try IdentityKey.generate(using: &random)
        let facts = Facts(
            [
                .instanceID: Fact("i-1", .stated), .instanceType: Fact("c5n.large", .stated),
                .account: Fact("123456789012", .stated), .region: Fact("us-east-1", .stated),
                .zone: Fact("us-east-1a", .stated), .vpc: Fact("vpc-0a", .stated), .subnet: Fact("subnet-0a", .stated),
            ], addresses: Fact([try #require(IPPrefix("10.78.0.1/32"))], .stated))
        let request = try SigningRequest(facts: facts, fleet: fleet, key: key)
        let signature = try StaticKeySignature(of: staticKey, fleet: fleet, by: key)
        func certificate() throws -> IdentityCertificate { try authority.issue(request, at: now, using: &random) }
        credential = HostIdentity(certificate: try certificate(), staticKeySignature: signature).credential
        other = HostIdentity(certificate: try certificate(), staticKeySignature: signature).credential
    }

    func verifier() throws -> IdentityVerifier {
        IdentityVerifier(
            fleet: authority.fleet, trust: try TrustBundle(pem: authority.certificate.pem, source: "the bundle"))
    }

    /// A bundle that does not have the authority.
    func otherVerifier() throws -> IdentityVerifier {
        var random = SeededRandom(seed: 6)
        let other = try CertificateAuthority(
            creatingRootOf: authority.fleet, key: IdentityKey.generate(using: &random), at: now, using: &random)
        return IdentityVerifier(
            fleet: authority.fleet, trust: try TrustBundle(pem: other.certificate.pem, source: "the bundle"))
    }
}

/// Holds up the worker until it is opened.
private final class Gate: Sendable {
    private let isOpen = Atomic(false)
    let startedCount = Atomic(0)

    func open() { isOpen.store(true, ordering: .releasing) }

    func pass() {
        startedCount.add(1, ordering: .relaxed)
        while !isOpen.load(ordering: .acquiring) { LinuxThread.yield() }
    }
}

@Suite("Certificates on their way through the worker") struct CertificateQueueTests {
    private let credentials: Credentials
    private let gate = Gate()

    init() throws { credentials = try Credentials() }

    private func queue(capacity: Int) throws -> (CertificateQueue, CertificateWorker) {
        let worker = try CertificateWorker(capacity: capacity) { [gate] job in
            gate.pass()
            return job.run()
        }
        return (CertificateQueue(worker), worker)
    }

    private func submit(
        _ subject: CertificateQueue.Subject, of peer: PeerID, _ credential: [UInt8]? = nil,
        _ verifier: IdentityVerifier? = nil, trustVersion: UInt64 = 0, to queue: inout CertificateQueue
    ) throws -> Bool {
        let credential = credential ?? credentials.credential
        return queue.submit(
            subject, of: peer, credential, try #require(PresentedIdentity(credential: credential)),
            staticKey: credentials.staticKey, try verifier ?? credentials.verifier(), trustVersion: trustVersion,
            at: credentials.now)
    }

    private func popAll(
        _ count: Int, from queue: inout CertificateQueue, trustVersion: UInt64 = 0, at date: Date? = nil
    ) throws -> [CertificateQueue.Finished] {
        var finished: [CertificateQueue.Finished] = []
        let deadline = MonotonicClock.now() + Patience.nanoseconds
        while finished.count < count {
            finished += queue.popFinished(trustVersion: trustVersion, at: date ?? credentials.now)
            guard MonotonicClock.now() < deadline else { throw Failure("the worker does not answer") }
            LinuxThread.yield()
        }
        return finished
    }

    private func isVerified(_ finished: CertificateQueue.Finished) -> Bool {
        if case .verified = finished.result.presented.certificate { true } else { false }
    }

    @Test func `a full queue takes no job, and takes one again after a result`() throws {
        var (queue, _) = try queue(capacity: 2)
        #expect(try submit(.again, of: PeerID(0), to: &queue))
        #expect(!queue.hasRoomForAgain, "the other half is for handshakes")
        #expect(try submit(.again, of: PeerID(1), to: &queue))
        #expect(try !submit(.again, of: PeerID(2), to: &queue))
        // What waits for the same certificate costs no job.
        #expect(try submit(.again, of: PeerID(1), to: &queue))
        #expect(try !submit(.again, of: PeerID(1), credentials.other, to: &queue))
        gate.open()
        let finished = try popAll(2, from: &queue)
        #expect(finished.map(\.peer) == [PeerID(0), PeerID(1)])
        #expect(finished.allSatisfy { $0.isCurrent && isVerified($0) && $0.subjects.count == 1 })
        #expect(queue.isSettled)
        #expect(try submit(.again, of: PeerID(2), to: &queue))
        _ = try popAll(1, from: &queue)
    }

    @Test func `a handshake that finds the queue full is dropped, counted, and comes again`() throws {
        var (queue, _) = try queue(capacity: 1)
        #expect(try submit(.again, of: PeerID(7), to: &queue))
        let pair = try Ends()
        pair.b.decide = { _, _, _ in nil }
        pair.begin()
        let ticket = try pair.pendingTicket()
        #expect(try !submit(.handshake(ticket, pair.parameters, PathObservation()), of: PeerID(0), to: &queue))
        pair.b.tunnel.drop(ticket)
        let drops = pair.b.tunnel.drops[.handshakeLimited]
        #expect(drops == 1)
        gate.open()
        _ = try popAll(1, from: &queue)
        pair.b.undecided = []
        pair.pass(.seconds(1))
        let again = try pair.pendingTicket()
        #expect(try submit(.handshake(again, pair.parameters, PathObservation()), of: PeerID(0), to: &queue))
        let finished = try popAll(1, from: &queue)
        guard case .handshake(let decided, _, _)? = finished.first?.subjects.first else {
            throw Failure("no handshake waits for the result")
        }
        let isAdopted = pair.b.tunnel.decide(decided, .accept, pair.b.now)
        #expect(isAdopted)
        pair.exchange()
        #expect(pair.isEstablished)
    }

    @Test func `a result by a trust that is no longer in force is stale, and the next one is by the new trust`() throws
    {
        var (queue, _) = try queue(capacity: 4)
        #expect(try submit(.again, of: PeerID(0), trustVersion: 0, to: &queue))
        // The trust bundle is another one while the worker is at it.
        gate.open()
        let stale = try #require(try popAll(1, from: &queue, trustVersion: 1).first)
        #expect(isVerified(stale) && !stale.isCurrent && stale.subjects.count == 1)
        #expect(try submit(.again, of: PeerID(0), nil, credentials.otherVerifier(), trustVersion: 1, to: &queue))
        let current = try #require(try popAll(1, from: &queue, trustVersion: 1).first)
        #expect(current.isCurrent && !isVerified(current))
    }

    @Test func `a submission by a new trust replaces the job under way, whose result then decides nothing`() throws {
        var (queue, _) = try queue(capacity: 4)
        #expect(try submit(.again, of: PeerID(0), trustVersion: 0, to: &queue))
        #expect(try submit(.again, of: PeerID(0), nil, credentials.otherVerifier(), trustVersion: 1, to: &queue))
        gate.open()
        let finished = try popAll(2, from: &queue, trustVersion: 1)
        #expect(finished.map(\.isCurrent) == [false, true])
        #expect(finished.map(\.subjects.count) == [0, 1])
        #expect(!isVerified(finished[1]))
    }

    @Test func `a certificate that has ended by the time of the result is stale`() throws {
        var (queue, _) = try queue(capacity: 4)
        #expect(try submit(.again, of: PeerID(0), to: &queue))
        gate.open()
        let later = credentials.now.addingTimeInterval(10 * 365 * 86_400)
        let finished = try #require(try popAll(1, from: &queue, at: later).first)
        #expect(!finished.isCurrent)
    }

    @Test func `nothing waits for the certificate of a peer that was removed, nor of one that came under its id`()
        throws
    {
        var (queue, _) = try queue(capacity: 4)
        #expect(try submit(.again, of: PeerID(0), to: &queue))
        queue.postpone(.again, of: PeerID(1))
        queue.forget(PeerID(0))
        queue.forget(PeerID(1))
        #expect(queue.isSettled)
        #expect(try submit(.again, of: PeerID(0), credentials.other, to: &queue))
        gate.open()
        let finished = try popAll(2, from: &queue)
        #expect(finished.map(\.subjects.count) == [0, 1])
        let postponed = queue.popPostponed()
        #expect(postponed == nil)
    }

    @Test func `what was postponed comes in order, once there is room, and then the queue is empty`() throws {
        var (queue, _) = try queue(capacity: 4)
        for id in 0..<2 as Range<UInt32> { #expect(try submit(.again, of: PeerID(id), to: &queue)) }
        for id in 2..<5 as Range<UInt32> { queue.postpone(.again, of: PeerID(id)) }
        queue.postpone(.again, of: PeerID(2))
        #expect(queue.postponedCount == 3)
        let early = queue.popPostponed()
        #expect(early == nil, "half of the queue is for handshakes")
        gate.open()
        _ = try popAll(2, from: &queue)
        #expect(!queue.isSettled)
        for id in 2..<5 as Range<UInt32> {
            guard let next = queue.popPostponed() else { throw Failure("nothing is postponed") }
            #expect(next.peer == PeerID(id))
            #expect(next.subjects.count == 1)
        }
        #expect(queue.isSettled)
    }

    /// A thread instead of the control thread. It waits for results and for requests, and answers both.
    @Test func `the control thread serves requests and other handshakes while a verification takes its time`() throws {
        var (queue, worker) = try queue(capacity: 4)
        #expect(try submit(.again, of: PeerID(9), to: &queue))
        let deadline = MonotonicClock.now() + Patience.nanoseconds
        while gate.startedCount.load(ordering: .relaxed) == 0, MonotonicClock.now() < deadline { LinuxThread.yield() }
        #expect(gate.startedCount.load(ordering: .relaxed) == 1, "the verification is under way")
        let requests = try Mailbox<Int>(capacity: 4)
        var epoll = try Epoll(capacity: 2)
        try epoll.add(worker.results.fileDescriptor, for: .readable, token: 1)
        try epoll.add(requests.fileDescriptor, for: .readable, token: 2)
        // A request.
        #expect(requests.post(1))
        #expect(epoll.wait(timeoutNanoseconds: Patience.nanoseconds) == 1)
        #expect(epoll.token(at: 0) == 2)
        #expect(requests.popAll() == [1])
        // A handshake of a peer whose certificate is known.
        let pair = try Ends()
        pair.begin()
        pair.exchange()
        #expect(pair.isEstablished)
        let early = queue.popFinished(trustVersion: 0, at: credentials.now)
        #expect(early.isEmpty, "it has not ended")
        // The result is an event like the others.
        gate.open()
        #expect(epoll.wait(timeoutNanoseconds: Patience.nanoseconds) == 1)
        #expect(epoll.token(at: 0) == 1)
        let finished = queue.popFinished(trustVersion: 0, at: credentials.now)
        #expect(finished.count == 1)
    }
}

/// Two ends in memory.
private final class Ends {
    var a: InMemoryEnd
    var b: InMemoryEnd
    private let insideA = IPAddress(ipv4: 0x0A4E_0001)
    private let insideB = IPAddress(ipv4: 0x0A4E_0002)

    init() throws {
        func end(_ number: UInt32) throws -> InMemoryEnd {
            var random = SeededRandom(seed: UInt64(number))
            return InMemoryEnd(
                Tunnel.Settings(
                    fleet: "queue", suites: CipherSuite.available,
                    listen: Endpoint(address: IPAddress(ipv4: 0x0A4D_0000 + number), port: 7325), laneCount: 1,
                    interfaceMTU: 1500, claims: [1]), privateKey: try PrivateKey.generate(using: &random),
                random: random)
        }
        a = try end(1)
        b = try end(2)
        a.add(b.tunnel.publicKey, at: b.endpoint, as: PeerID(0))
        b.add(a.tunnel.publicKey, at: a.endpoint, as: PeerID(0))
        a.route(IPPrefix(address: insideB, length: 32).map { [($0, UInt32(0))] } ?? [])
        b.route(IPPrefix(address: insideA, length: 32).map { [($0, UInt32(0))] } ?? [])
    }

    var isEstablished: Bool {
        a.lane.sealingSession(for: insideB) != nil && b.lane.sealingSession(for: insideA) != nil
    }

    /// The handshake that B has not decided about.
    func pendingTicket() throws -> Ticket {
        guard let ticket = b.undecided.last else { throw Failure("no handshake waits for a decision") }
        return ticket
    }

    /// As in a handshake.
    var parameters: HandshakeParameters {
        HandshakeParameters(
            claims: [1], laneCount: 1, interfaceMTU: 1500, suites: CipherSuite.available,
            path: FourTuple(source: a.endpoint, destination: b.endpoint))
    }

    /// A asks for a session, and its initiation arrives.
    func begin() {
        a.tunnel.wantSession(with: PeerID(0), a.now)
        a.performOutputs()
        for datagram in a.popOutbox() {
            b.receive(
                datagram.bytes, Arrival(source: a.endpoint, destination: b.endpoint, hopLimit: TunnelLimits.hopLimit))
        }
    }

    func exchange() {
        b.performOutputs()
        while true {
            let (fromA, fromB) = (a.popOutbox(), b.popOutbox())
            if fromA.isEmpty, fromB.isEmpty { return }
            for datagram in fromA {
                b.receive(
                    datagram.bytes,
                    Arrival(source: a.endpoint, destination: b.endpoint, hopLimit: TunnelLimits.hopLimit))
            }
            for datagram in fromB {
                a.receive(
                    datagram.bytes,
                    Arrival(source: b.endpoint, destination: a.endpoint, hopLimit: TunnelLimits.hopLimit))
            }
        }
    }

    func pass(_ duration: Duration) {
        for _ in 0..<Int(duration / .milliseconds(50)) {
            a.advance(by: .milliseconds(50))
            b.advance(by: .milliseconds(50))
            a.act()
            b.act()
            exchange()
        }
    }
}
