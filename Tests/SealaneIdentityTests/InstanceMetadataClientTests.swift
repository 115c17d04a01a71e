import SealaneIdentity
import SealanePacket
import TestSupport
import Testing

@Suite("The instance metadata client")
struct InstanceMetadataClientTests {
    private typealias Scene = InstanceMetadataScene

    @Test("connects to EC2's two link-local addresses by default")
    func endpoints() {
        #expect(
            InstanceMetadataClient.linkLocalEndpoints.map(\.description) == [
                "169.254.169.254:80", "[fd00:ec2::254]:80",
            ])
    }

    @Test("supports IPv6 addresses")
    func overIPv6() async throws {
        guard let service = try? await FakeInstanceMetadata.start(host: "::1") else {
            return print("skipped: this host has no ::1")
        }
        let client = try Scene.client([service.endpoint])
        let identity = try? await client.signedIdentityDocument()
        #expect(identity?.isEmpty == false)
        #expect(service.requests.count == 2)
        #expect(service.requests.allSatisfy { $0.headers["host"] == service.endpoint }, "\(service.requests)")
        await service.stop()
    }

    // MARK: Tokens

    @Test("requests one token for six hours and sends it with every request")
    func token() async throws {
        try await Scene.run { scene in
            #expect(await scene.read() == nil)
            #expect(await scene.read() == nil)
            let puts = scene.service.requests.filter { $0.line.hasPrefix("PUT ") }
            let gets = scene.service.requests.filter { $0.line.hasPrefix("GET ") }
            #expect(puts.map(\.line) == ["PUT /latest/api/token"])
            #expect(puts.first?.headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600")
            #expect(gets.count > 20)
            #expect(gets.allSatisfy { $0.headers["x-aws-ec2-metadata-token"]?.hasPrefix("AQAEA") == true })
            // The service refuses requests that appear to have passed a proxy.
            #expect((puts + gets).allSatisfy { $0.headers["x-forwarded-for"] == nil })
        }
    }

    @Test("renews the token before it expires, according to the lifetime that the service granted")
    func renewal() async throws {
        try await Scene.run { scene in
            scene.service.limitTokens(toSeconds: 100)
            #expect(await scene.read() == nil)
            scene.advance(by: .seconds(89))
            #expect(await scene.read() == nil)
            #expect(scene.service.tokenRequestCount == 1)
            scene.advance(by: .seconds(2))
            let count = scene.service.requests.count
            #expect(await scene.read() == nil)
            #expect(scene.service.tokenRequestCount == 2)
            // The new token came first: no request used the old one.
            #expect(scene.service.requests[count].line == "PUT /latest/api/token")
        }
    }

    @Test("gets a new token if the service refuses the old one")
    func forgotten() async throws {
        try await Scene.run { scene in
            #expect(await scene.read() == nil)
            scene.service.forgetTokens()
            #expect(await scene.read() == nil)
            #expect(scene.service.tokenRequestCount == 2)
        }
    }

    @Test("fails if the service refuses a new token too")
    func refusedTwice() async throws {
        try await Scene.run { scene in
            scene.service.answer(MetadataPath.id, .status(401), .status(401))
            let error = await scene.read()
            #expect(error?.problem == .tokenRefused)
            #expect(error?.request == "GET http://\(scene.service.endpoint)/latest/meta-data/instance-id")
            #expect(scene.service.tokenRequestCount == 2)
        }
    }

    @Test(
        "refuses an invalid token",
        arguments: ["", "two words", "line\nline", "é", String(repeating: "x", count: 1025)])
    func strangeToken(body: String) async throws {
        try await Scene.run { scene in
            scene.service.answer(MetadataPath.token, .status(200, body: body))
            let error = try #require(await scene.read())
            #expect(
                error.problem
                    == .unexpected(
                        found: "\(body.utf8.count) bytes", expected: "a token of 1 to 1024 printable characters"))
            #expect(scene.service.requests.count == 1)
        }
    }

    @Test("reports a disabled service or a proxy for status 403", arguments: [true, false])
    func forbidden(isOff: Bool) async throws {
        try await Scene.run { scene in
            if isOff { scene.service.setOn(false) } else { scene.service.putBehindProxy() }
            let error = try #require(await scene.read())
            #expect(error.problem == .forbidden)
            #expect(error.request == "PUT http://\(scene.service.endpoint)/latest/api/token")
            #expect("\(error)".contains("--http-endpoint enabled"))
            #expect("\(error)".contains("proxy"))
        }
    }

    // MARK: Throttling

    @Test("retries with exponential backoff while it is throttled", arguments: 1...20 as ClosedRange<UInt64>)
    func throttled(seed: UInt64) async throws {
        try await Scene.run(seed: seed) { scene in
            scene.service.answer(MetadataPath.id, .status(429), .status(503), .status(429))
            #expect(await scene.read() == nil)
            let pauses = scene.clock.pauses
            #expect(pauses.count == 3)
            for (pause, longest) in zip(pauses, [100, 200, 400]) {
                #expect(pause >= .milliseconds(longest / 2) && pause <= .milliseconds(longest))
            }
        }
    }

    @Test("randomizes its pauses")
    func jitter() async throws {
        var seen: Set<Duration> = []
        for seed in 1...10 as ClosedRange<UInt64> {
            try await Scene.run(seed: seed) { scene in
                scene.service.answer(MetadataPath.token, .status(503))
                #expect(await scene.read() == nil)
                seen.formUnion(scene.clock.pauses)
            }
        }
        #expect(seen.count == 10)
    }

    @Test("fails after four attempts", arguments: [429, 503])
    func throttledForGood(status: Int) async throws {
        try await Scene.run { scene in
            let answer = FakeInstanceMetadata.Answer.status(status)
            scene.service.answer(MetadataPath.id, answer, answer, answer, answer)
            #expect(await scene.read()?.problem == .throttled(status: status, attempts: 4))
            #expect(scene.clock.pauses.count == 3)
            #expect(scene.service.requests.count(where: { $0.line.hasSuffix(MetadataPath.id) }) == 4)
        }
    }

    // MARK: Limits

    @Test("limits the time for a response or the rest of one", arguments: [true, false])
    func silence(isHalf: Bool) async throws {
        try await Scene.run(whole: .milliseconds(300)) { scene in
            scene.service.answer(MetadataPath.token, isHalf ? .half : .silence)
            let begin = ContinuousClock.now
            let error = try #require(await scene.read())
            #expect(error.problem == .noResponse(within: .milliseconds(300)))
            #expect(error.request.hasSuffix(MetadataPath.token))
            #expect("\(error)".contains("hop limit"))
            #expect(ContinuousClock.now - begin < Patience.limit)
        }
    }

    @Test("limits the time to connect")
    func noConnection() async throws {
        let listener = try FullListener()
        let client = try Scene.client([listener.endpoint], connect: .milliseconds(200))
        let error = await #expect(throws: InstanceMetadataError.self) { try await client.signedIdentityDocument() }
        guard case .unreachable? = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("ends at once if its task is cancelled")
    func cancelled() async throws {
        try await Scene.run { scene in
            scene.service.answer(MetadataPath.token, .silence)
            let task = Task { await scene.read() }
            while scene.service.requests.isEmpty { await Task.yield() }
            task.cancel()
            let begin = ContinuousClock.now
            #expect(await task.value != nil)
            #expect(ContinuousClock.now - begin < Patience.limit)
        }
    }

    @Test(
        "reads bodies of up to 64 KiB and refuses longer ones, with or without Content-Length",
        arguments: [true, false])
    func bodyLimit(isAnnounced: Bool) async throws {
        try await Scene.run { scene in
            scene.service.answer(MetadataPath.signature, .bytes(65_536, announced: isAnnounced))
            let identity = try await scene.client.signedIdentityDocument()
            #expect(identity.count == 65_536)
            scene.service.answer(MetadataPath.signature, .bytes(65_537, announced: isAnnounced))
            let error = await #expect(throws: InstanceMetadataError.self) {
                try await scene.client.signedIdentityDocument()
            }
            #expect(error?.problem == .tooLong(65_536))
        }
    }

    // MARK: Invalid responses

    @Test("does not follow redirects", arguments: [301, 302, 307, 308])
    func redirect(status: Int) async throws {
        try await Scene.run { scene in
            let target = "http://\(scene.service.endpoint)/elsewhere"
            scene.service.answer(MetadataPath.id, .status(status, headers: ["Location": target]))
            #expect(await scene.read()?.problem == .status(status))
            #expect(!scene.service.requests.contains { $0.line.contains("elsewhere") })
        }
    }

    @Test("reports a response that ends early or is not HTTP", arguments: [true, false])
    func brokenAnswer(isGarbage: Bool) async throws {
        try await Scene.run { scene in
            scene.service.answer(MetadataPath.id, isGarbage ? .garbage : .hangUp)
            let error = await scene.read()
            guard case .interrupted? = error?.problem else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("reports any other status", arguments: [400, 404, 500])
    func otherStatus(status: Int) async throws {
        try await Scene.run { scene in
            scene.service.answer(MetadataPath.token, .status(status))
            #expect(await scene.read()?.problem == .status(status))
        }
    }

    @Test("reports a refused connection")
    func refusedConnection() async throws {
        let service = try await FakeInstanceMetadata.start()
        let endpoint = service.endpoint
        await service.stop()
        let client = try Scene.client([endpoint])
        let error = await #expect(throws: InstanceMetadataError.self) { try await client.signedIdentityDocument() }
        #expect(error?.request == "PUT http://\(endpoint)/latest/api/token")
        #expect(error?.problem == .unreachable("Connection refused (ECONNREFUSED)"))
    }

    // MARK: Several endpoints

    @Test("tries the next address if it cannot connect to the first, and prefers the one that responded")
    func secondEndpoint() async throws {
        let gone = try await FakeInstanceMetadata.start()
        let endpoint = gone.endpoint
        await gone.stop()
        try await Scene.run { scene in
            let live = scene.service.endpoint
            let client = try Scene.client([endpoint, live])
            _ = try await client.signedIdentityDocument()
            _ = try await client.signedIdentityDocument()
            #expect(scene.service.tokenRequestCount == 1)
            await scene.service.stop()
            let failure = await #expect(throws: InstanceMetadataError.self) {
                try await client.signedIdentityDocument()
            }
            #expect(failure?.request.contains(live) == true)
            // Both were tried, the first one first.
            let error = await #expect(throws: InstanceMetadataError.self) { try await client.signedIdentityDocument() }
            #expect(error?.request == "PUT http://\(endpoint)/latest/api/token")
            #expect("\(try #require(error))".contains("http://\(live)/latest/api/token"))
        }
    }

    @Test("does not try other addresses if the first one responds, whatever the response")
    func firstEndpoint() async throws {
        try await Scene.run { first in
            try await Scene.run { second in
                first.service.setOn(false)
                let client = try Scene.client([first.service.endpoint, second.service.endpoint])
                let error = await #expect(throws: InstanceMetadataError.self) {
                    try await client.signedIdentityDocument()
                }
                #expect(error?.problem == .forbidden)
                #expect(second.service.requests.isEmpty)
            }
        }
    }
}
