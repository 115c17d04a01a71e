import Foundation
import SealaneEligibility
import SealaneFleet
import SealanePacket
import TestSupport
import Testing

@Suite("A topology file")
struct TopologyFileTests {
    private let directory: ScratchDirectory

    init() throws {
        directory = try ScratchDirectory()
    }

    /// The error for a file with this text, without the file's name; nil if there is none.
    private func problem(_ text: String) throws -> String? {
        let path = try directory.write(text, to: "file")
        do throws(TopologyFileError) {
            _ = try TopologyFile(path: path).read()
            return nil
        } catch {
            return error.description.replacing("topology \(path):", with: "")
        }
    }

    private func network(_ lines: String) -> String {
        "schemaVersion: 1\ntakenAt: 2026-11-21T12:00:00Z\n" + lines + "\n"
    }

    @Test("has the same content in YAML and in the written JSON")
    func roundTrip() throws {
        let sample = try sampleSnapshot()
        #expect(sample.account == "123456789012")
        #expect(sample.regions == ["us-east-1", "us-west-2"])
        #expect(sample.takenAt == Date(timeIntervalSince1970: 1_795_262_400))
        #expect(sample.topology.vpcs.count == 9)
        #expect(sample.topology.routeTables["rtb-b13"]?.associations.first?.state == "associating")
        #expect(sample.topology.interfaces["eni-nat"]?.isRequesterManaged == true)

        let file = TopologyFile(path: directory.path("topology.json"))
        try file.write(sample)
        #expect(try file.read() == sample)
        #expect(directory.names == ["topology.json"])
        #expect(directory.mode(of: "topology.json") == 0o644)
        let json = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file.path))) as? [String: Any])
        #expect(json["schemaVersion"] as? Int == 1)
        #expect(json["takenAt"] as? String == "2026-11-21T12:00:00Z")
    }

    @Test("requires only a version and a time")
    func least() throws {
        #expect(try problem(network("")) == nil)
        #expect(try problem("{\"schemaVersion\": 1, \"takenAt\": \"2026-11-21T12:00:00Z\"}") == nil)
    }

    @Test(
        "written by hand is refused with the line and column of the error and the expected value",
        arguments: [
            (
                "vpcs: [{id: vpc-a, region: r, cidrs: [10.0.0.1/16]}]",
                "3:39: vpcs[0].cidrs[0]: \"10.0.0.1/16\" is not a network; "
                    + "expected 10.0.0.0/16"
            ),
            (
                "vpcs: [{id: vpc-a, region: r, cidrs: [10.0.0.0/33]}]",
                "3:39: vpcs[0].cidrs[0]: \"10.0.0.0/33\" is not a network; "
                    + "expected address/length such as 10.0.0.0/16"
            ),
            ("vpcs: [{region: r, cidrs: []}]", "3:8: vpcs[0].id: is missing"),
            (
                "vpcs: [{id: a, region: r, cidrs: []}, {id: a, region: r, cidrs: []}]",
                "3:39: vpcs[1]: \"a\" occurs twice; expected each id once"
            ),
            ("vpcs: {id: a}", "3:7: vpcs: has the wrong type; expected a list"),
            (
                "vpc: []",
                "1:1: unknown key \"vpc\"; expected one of: schemaVersion, takenAt, account, regions, vpcs, subnets, "
                    + "routeTables, prefixLists, peerings, transitGatewayAttachments, interfaces, instances"
            ),
            ("account: 12345", "3:10: account: \"12345\" is not an account; expected 12 digits such as 123456789012"),
            (
                "regions: [\"a b\"]",
                "3:11: regions[0]: \"a b\" is not an instance region; expected 1 to 64 printable characters without spaces"
            ),
            (
                "routeTables:\n  - id: rtb-a\n    vpc: vpc-a\n    associations: []\n    routes:\n"
                    + "      - {destination: 10.0.0.0/16, target: local, stat: blackhole}",
                "8:9: routeTables[0].routes[0]: unknown key \"stat\"; expected one of: destination, target, origin, state"
            ),
            (
                "routeTables: [{id: rtb-a, vpc: vpc-a, associations: [{main: perhaps}], routes: []}]",
                "3:61: routeTables[0].associations[0].main: has the wrong type; expected true or false"
            ),
            (
                "routeTables: [{id: rtb-a, vpc: vpc-a, associations: [], routes: [{destination: elsewhere, target: local}]}]",
                "3:80: routeTables[0].routes[0].destination: \"elsewhere\" is not a network; "
                    + "expected address/length such as 10.0.0.0/16"
            ),
            (
                "subnets: [{id: lab, vpc: office}]\n"
                    + "routeTables: [{id: rtb, vpc: office, associations: [{subnet: lap}], routes: []}]",
                "4:62: routeTables[0].associations[0].subnet: \"lap\" is not among the subnets of office; "
                    + "expected a listed subnet"
            ),
            (
                "subnets: [{id: lab, vpc: office}]\n"
                    + "routeTables: [{id: rtb, vpc: branch, associations: [{main: true}, {subnet: lab}], routes: []}]",
                "4:76: routeTables[0].associations[1].subnet: \"lab\" is not among the subnets of branch; "
                    + "expected a listed subnet"
            ),
            (
                "interfaces: [{id: \"e\\e[2J\", vpc: v, subnet: s, addresses: []}]",
                "3:19: interfaces[0].id: expected 1 to 1300 printable characters without spaces"
            ),
            (
                "interfaces: [{id: e, vpc: v, subnet: s, addresses: [10.0.0.0.1]}]",
                "3:53: interfaces[0].addresses[0]: \"10.0.0.0.1\" is not an IP address; expected one such as 10.0.1.5"
            ),
        ])
    func located(lines: String, expected: String) throws {
        #expect(try problem(network(lines)) == expected)
    }

    /// Two VPCs with a subnet and a host each, with a change.
    private func pair(_ replacing: String = "", by new: String = "", more: String = "") -> String {
        let lines = """
            vpcs:
              - {id: vpc-a, region: r1, cidrs: [10.0.0.0/16, "fd00::/56"]}
              - {id: vpc-b, region: r1, cidrs: [10.1.0.0/16]}
            subnets:
              - {id: s1, vpc: vpc-a, cidrs: [10.0.1.0/24, "fd00:0:0:1::/64"]}
              - {id: s2, vpc: vpc-a, cidrs: [10.0.2.0/24]}
              - {id: s3, vpc: vpc-b, cidrs: [10.1.1.0/24]}
            interfaces:
              - {id: eni-1, vpc: vpc-a, subnet: s1, addresses: [10.0.1.10, "fd00:0:0:1::10"], prefixes: [10.0.1.64/28]}
              - {id: eni-2, vpc: vpc-a, subnet: s2, addresses: [10.0.2.10]}
            peerings:
              - id: pcx-1
                status: active
                requester: {vpc: vpc-a, region: r1}
                accepter: {vpc: vpc-b, region: r1}
            """
        return network((replacing.isEmpty ? lines : lines.replacing(replacing, with: new)) + more)
    }

    @Test("that is consistent is read, and unlisted resources contradict nothing")
    func consistent() throws {
        #expect(try problem(pair()) == nil)
        #expect(try problem(pair("vpc: vpc-b, region: r1", by: "vpc: vpc-b")) == nil)
        #expect(try problem(pair("subnet: s2, addresses: [10.0.2.10]", by: "subnet: s9, addresses: [10.0.9.1]")) == nil)
        #expect(
            try problem(
                pair("vpc: vpc-a, subnet: s2, addresses: [10.0.2.10]", by: "vpc: v, subnet: s, addresses: [1.1.1.1]"))
                == nil)
        #expect(try problem(pair("s2, vpc: vpc-a, cidrs: [10.0.2.0/24]", by: "s2, vpc: vpc-a")) == nil)
    }

    @Test(
        "that contradicts itself is refused with line, column and the expected value",
        arguments: [
            (
                "subnet: s2, addresses: [10.0.2.10]", "subnet: s1, addresses: [10.0.2.10]",
                "12:53: interfaces[1].addresses[0]: eni-2 has 10.0.2.10, which is not within s1 "
                    + "(10.0.1.0/24, fd00:0:0:1::/64); s2 contains it; expected the subnet that contains it, with all of its CIDRs"
            ),
            (
                "\"fd00:0:0:1::10\"]", "\"fd00:0:0:2::10\"]",
                "11:64: interfaces[0].addresses[1]: eni-1 has fd00:0:0:2::10, which is not within s1 "
                    + "(10.0.1.0/24, fd00:0:0:1::/64); expected the subnet that contains it, with all of its CIDRs"
            ),
            (
                "10.0.1.64/28", "10.0.2.64/28",
                "11:94: interfaces[0].prefixes[0]: eni-1 has 10.0.2.64/28, which is not within s1 "
                    + "(10.0.1.0/24, fd00:0:0:1::/64); s2 contains it; expected the subnet that contains it, with all of its CIDRs"
            ),
            (
                "addresses: [10.0.2.10]", "addresses: [10.2.2.10]",
                "12:53: interfaces[1].addresses[0]: eni-2 has 10.2.2.10, which is not within vpc-a "
                    + "(10.0.0.0/16, fd00::/56); expected an address within the VPC, or a complete list of its CIDRs"
            ),
            (
                "vpc: vpc-a, subnet: s2", "vpc: vpc-a, subnet: s3",
                "12:37: interfaces[1].subnet: eni-2 of vpc-a is in s3, which belongs to vpc-b; expected a subnet of vpc-a"
            ),
            (
                "cidrs: [10.0.2.0/24]", "cidrs: [10.1.2.0/24]",
                "8:34: subnets[1].cidrs[0]: s2 has 10.1.2.0/24, which is not within vpc-a (10.0.0.0/16, fd00::/56); "
                    + "expected a CIDR within the VPC, or a complete list of its CIDRs"
            ),
            (
                "accepter: {vpc: vpc-b, region: r1}", "accepter: {vpc: vpc-b, region: r2}",
                "17:36: peerings[0].accepter.region: pcx-1 places vpc-b in r2, but vpcs places it in r1; expected r1"
            ),
        ])
    func contradictory(old: String, new: String, expected: String) throws {
        #expect(try problem(pair(old, by: new)) == expected)
    }

    @Test("is refused if two peerings place one VPC in two Regions")
    func twoRegions() throws {
        let more = """

              - {id: pcx-2, status: active, requester: {vpc: vpc-a}, accepter: {vpc: vpc-c, region: r1}}
              - {id: pcx-3, status: active, requester: {vpc: vpc-c, region: r2}, accepter: {vpc: vpc-b}}
            """
        #expect(
            try problem(pair(more: more))
                == "19:65: peerings[2].requester.region: pcx-3 places vpc-c in r2, but pcx-2 places it in r1; expected r1"
        )
    }

    @Test("is not written if it contradicts itself")
    func unwritten() throws {
        let cidr = try #require(IPPrefix("10.0.1.0/24"))
        let topology = Topology(
            subnets: [.init(id: "s1", vpc: "v", cidrs: [cidr])],
            interfaces: [.init(id: "e", vpc: "v", subnet: "s1", addresses: [try #require(IPAddress("10.0.2.1"))])])
        let file = TopologyFile(path: directory.path("new.json"))
        #expect {
            try file.write(TopologySnapshot(takenAt: Date(), account: nil, regions: [], topology: topology))
        } throws: { error in
            "\(error)".contains("was not changed: e has 10.0.2.1, which is not within s1 (10.0.1.0/24)")
        }
        #expect(!directory.names.contains("new.json"))
    }

    @Test(
        "with other content is refused",
        arguments: [
            ("", " it is empty; expected schemaVersion, takenAt, vpcs, ..."),
            (
                "schemaVersion: 2\ntakenAt: soon\nelse: 1\n",
                "1:16: schemaVersion: version 2 is not supported; expected 1"
            ),
            (
                "schemaVersion: 1\ntakenAt: soon\n",
                "2:10: takenAt: \"soon\" is not a time; expected one such as 2026-11-21T18:00:00Z"
            ),
            ("schemaVersion: 1\n", "1:1: takenAt: is missing"),
            ("a: [", "2:1: not valid JSON or YAML: did not find expected node content"),
            ("{\"schemaVersion\": 1}", "1:1: takenAt: is missing"),
            (
                "{\"schemaVersion\": 1, \"takenAt\": \"2026-11-21T12:00:00Z\", \"vpcs\": [{\"id\": \"\"}]}",
                "1:73: vpcs[0].id: expected 1 to 1300 printable characters without spaces"
            ),
        ])
    func refused(text: String, expected: String) throws {
        #expect(try problem(text) == expected)
    }

    @Test("with invalid JSON is refused with the place")
    func brokenJSON() throws {
        let problem = try #require(try problem("{\"schemaVersion\": 1,\n \"takenAt\" ]}"))
        #expect(problem.hasPrefix("2:12: not valid JSON or YAML: "), "\(problem)")
    }

    @Test("that does not exist gives an error with instructions")
    func absent() throws {
        let path = directory.path("none")
        #expect {
            try TopologyFile(path: path).read()
        } throws: { error in
            "\(error)".hasPrefix("topology \(path): the file does not exist; create it with sealane topology pull")
        }
    }

    @Test("with any of a thousand random mutations is read or refused without crashing")
    func mutations() throws {
        var random = SeededRandom(seed: 0x7090)
        let file = TopologyFile(path: directory.path("json"))
        let sample = try sampleSnapshot()
        let some = Topology(
            vpcs: sample.topology.vpcs.values.filter { $0.id == "vpc-a" },
            subnets: sample.topology.subnets.values.filter { $0.id == "subnet-a1" },
            routeTables: sample.topology.routeTables.values.filter { $0.id == "rtb-a-main" },
            peerings: sample.topology.peerings.values.filter { $0.id == "pcx-ab" },
            interfaces: sample.topology.interfaces.values.filter { $0.id == "eni-a1" })
        try file.write(
            TopologySnapshot(takenAt: sample.takenAt, account: sample.account, regions: sample.regions, topology: some))
        let json = try [UInt8](Data(contentsOf: URL(filePath: file.path)))
        for _ in 0..<1000 {
            let mutated = json.mutated(using: &random)
            try Data(mutated).write(to: URL(filePath: file.path))
            do throws(TopologyFileError) {
                _ = try file.read()
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
    }

    @Test("has an age, which is negative for a time in the future")
    func age() throws {
        let snapshot = try sampleSnapshot()
        #expect(snapshot.age(at: snapshot.takenAt + 90.5) == .seconds(90))
        #expect(snapshot.age(at: snapshot.takenAt - 10) == .seconds(-10))
    }
}
