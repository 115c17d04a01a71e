import SealaneEligibility
import SealaneIdentity
import SealanePacket
import TestSupport
import Testing

private func fact(_ value: String) -> Fact<String> { Fact(value, .instanceMetadata) }

@Suite("Instance metadata")
struct InstanceMetadataTests {
    private typealias Scene = InstanceMetadataScene

    private func prefixes(_ texts: String...) throws -> Fact<[IPPrefix]> {
        Fact(try texts.map { try #require(IPPrefix($0)) }, .instanceMetadata)
    }

    private func facts(_ scene: Scene, of address: String) async throws -> Facts {
        try await scene.client.facts(ofInterfaceWith: try #require(IPAddress(address)))
    }

    private func problem(_ scene: Scene, of address: String = "10.77.0.1") async throws -> InstanceMetadataError
        .Problem?
    {
        let address = try #require(IPAddress(address))
        let error = await #expect(throws: InstanceMetadataError.self) {
            try await scene.client.facts(ofInterfaceWith: address)
        }
        return error?.problem
    }

    @Test(
        "provides every fact, with VPC and subnet of the interface that has the address, of either family",
        arguments: ["10.77.0.1", "10.77.0.9", "fd77::1", "FD77:0::1"])
    func everyFact(address: String) async throws {
        try await Scene.run { scene in
            let expected = Facts(
                [
                    .instanceID: fact("i-0123456789abcdef0"), .instanceType: fact("m5n.xlarge"),
                    .account: fact("123456789012"), .region: fact("eu-west-1"), .zone: fact("eu-west-1b"),
                    .vpc: fact("vpc-02"), .subnet: fact("subnet-02"),
                ], addresses: try prefixes("10.77.0.1/32", "10.77.0.9/32", "fd77::1/128"))
            #expect(try await facts(scene, of: address) == expected)
        }
    }

    @Test("distinguishes interfaces")
    func otherInterface() async throws {
        try await Scene.run { scene in
            let facts = try await facts(scene, of: "10.0.0.4")
            #expect(facts[.vpc] == fact("vpc-01"))
            #expect(facts[.subnet] == fact("subnet-01"))
            // It has no IPv6 addresses: 404.
            #expect(facts.addresses == (try prefixes("10.0.0.4/32")))
        }
    }

    @Test(
        "leaves VPC, subnet and addresses unknown if no interface has the address", arguments: ["10.77.0.2", "fd77::2"])
    func foreignAddress(address: String) async throws {
        try await Scene.run { scene in
            let facts = try await facts(scene, of: address)
            #expect(facts[.vpc] == nil && facts[.subnet] == nil && facts.addresses == nil)
            #expect(facts[.instanceType] == fact("m5n.xlarge"))
            #expect(facts[.account] == fact("123456789012"))
        }
    }

    @Test("uses the interface's owner as account if there is no identity document")
    func ownerID() async throws {
        try await Scene.run { scene in
            scene.service[MetadataPath.document] = nil
            let own = try await facts(scene, of: "10.77.0.1")
            #expect(own[.account] == fact("222222222222"))
            let foreign = try await facts(scene, of: "10.77.0.2")
            #expect(foreign[.account] == nil)
        }
    }

    @Test(
        "leaves a fact unknown if the service does not have it",
        arguments: ["placement/region", "placement/availability-zone"])
    func absent(item: String) async throws {
        try await Scene.run { scene in
            scene.service["/latest/meta-data/\(item)"] = nil
            let facts = try await facts(scene, of: "10.77.0.1")
            #expect([facts[.region], facts[.zone]].compactMap(\.self).count == 1)
            #expect(facts[.vpc] == fact("vpc-02"))
        }
    }

    @Test("fails without an instance id and type", arguments: ["instance-id", "instance-type"])
    func noInstance(item: String) async throws {
        try await Scene.run { scene in
            scene.service["/latest/meta-data/\(item)"] = nil
            let problem = try await problem(scene)
            #expect(problem == .absent)
        }
    }

    @Test(
        "refuses other text and quotes its beginning",
        arguments: [
            ("<html><body>Log in first</body></html>", "<html><body>Log in first</body></html>"), ("", ""),
            ("i-1\n", "i-1\n"),
            (String(repeating: "x", count: 300), String(repeating: "x", count: 80) + "..."),
        ])
    func notAnID(body: String, found: String) async throws {
        try await Scene.run { scene in
            scene.service[MetadataPath.id] = body
            let problem = try await problem(scene)
            #expect(problem == .unexpected(found: found, expected: "an instance ID, i-..."))
        }
    }

    @Test(
        "has only printable ASCII in its errors",
        arguments: ["\u{1b}[2J\r\n", "\u{9b}2J", "\u{202e}i-1"])
    func quoting(body: String) async throws {
        try await Scene.run { scene in
            scene.service[MetadataPath.id] = body
            let error = try #require(await scene.read())
            #expect("\(error)".utf8.allSatisfy { (0x20...0x7e).contains($0) }, "\(error)")
        }
    }

    @Test(
        "does not use an invalid interface name in a path",
        arguments: ["../../../api/token", "0a:00:00:00:00:02/..", "0a:00:00:00:00", "0a:00:00:00:00:0g", "eth0"])
    func notAMAC(name: String) async throws {
        try await Scene.run { scene in
            scene.service[MetadataPath.macs] = "\(name)/"
            let problem = try await problem(scene)
            #expect(problem == .unexpected(found: "\(name)/", expected: "MAC addresses such as 0e:49:61:0f:c3:11/"))
        }
    }

    @Test("refuses an invalid address", arguments: ["10.77.0", "10.77.0.1/24", "10.77.0.01"])
    func notAnAddress(text: String) async throws {
        try await Scene.run { scene in
            scene.service["\(MetadataPath.second)/local-ipv4s"] = text
            let problem = try await problem(scene)
            #expect(problem == .unexpected(found: text, expected: "one IP address per line"))
        }
    }

    @Test(
        "refuses an invalid identity document",
        arguments: ["{", "[]", "{\"accountId\": 123456789012}", "{\"accountId\": \"12345678901\"}", "{}"])
    func notADocument(text: String) async throws {
        try await Scene.run { scene in
            scene.service[MetadataPath.document] = text
            let problem = try await problem(scene)
            #expect(problem == .unexpected(found: text, expected: "JSON with an accountId of 12 digits"))
        }
    }

    @Test("returns the signed identity document byte for byte, and fails if there is none")
    func signedIdentityDocument() async throws {
        try await Scene.run { scene in
            let signed = "MIAGCSqGSIb3DQEHAqCAMIACAQExDzANBglghkgB\nAAAAAAAA\n\u{e9}"
            scene.service[MetadataPath.signature] = signed
            let document = try await scene.client.signedIdentityDocument()
            #expect(document == Array(signed.utf8))
            scene.service[MetadataPath.signature] = nil
            let error = await #expect(throws: InstanceMetadataError.self) {
                try await scene.client.signedIdentityDocument()
            }
            #expect(error?.problem == .absent)
            #expect(error?.request.hasSuffix(MetadataPath.signature) == true)
        }
    }
}
