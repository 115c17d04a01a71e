import FoundationEssentials
import SealaneEligibility
import SealaneFleet
import SealanePacket
import TestSupport
import Testing

@Suite("The route witness")
struct RouteWitnessTests {
    private func witness(_ yaml: String, maximumAge: Duration = .seconds(3600)) throws -> RouteWitness {
        let directory = try ScratchDirectory()
        let path = try directory.write(yaml, to: "network.yaml")
        return RouteWitness(try TopologyFile(path: path).read(), maximumAge: maximumAge)
    }

    private func end(_ address: String, instance: String? = nil, vpc: String? = nil) throws -> RouteWitness.End {
        RouteWitness.End(
            address: try #require(IPAddress(address)),
            facts: Facts([.instanceID: instance.map { Fact($0, .stated) }, .vpc: vpc.map { Fact($0, .stated) }]))
    }

    /// Two VPCs with the same addresses, and an instance with a delegated prefix.
    private static let network = """
        schemaVersion: 1
        takenAt: 2026-11-21T12:00:00Z
        vpcs:
          - {id: vpc-a, region: us-east-1, cidrs: [10.0.0.0/16]}
          - {id: vpc-b, region: us-east-1, cidrs: [10.0.0.0/16]}
        subnets:
          - {id: subnet-a, vpc: vpc-a, cidrs: [10.0.1.0/24]}
          - {id: subnet-b, vpc: vpc-b, cidrs: [10.0.1.0/24]}
        routeTables:
          - id: rtb-a
            vpc: vpc-a
            associations: [{main: true}]
            routes: [{destination: 10.0.0.0/16, target: local}]
        interfaces:
          - {id: eni-a1, vpc: vpc-a, subnet: subnet-a, addresses: [10.0.1.1], instance: i-a1}
          - {id: eni-a2, vpc: vpc-a, subnet: subnet-a, addresses: [10.0.1.2], prefixes: [10.0.1.16/28], instance: i-a2}
          - {id: eni-b2, vpc: vpc-b, subnet: subnet-b, addresses: [10.0.1.2], instance: i-b2}
        """

    private let takenAt = try? Date("2026-11-21T12:00:00Z", strategy: .iso8601)

    @Test("finds ends by address, and by VPC if several interfaces have the address")
    func ends() throws {
        let witness = try witness(Self.network)
        let now = try #require(takenAt) + 60
        let local = try end("10.0.1.1", vpc: "vpc-a")
        #expect(witness.analyze(from: local, to: try end("10.0.1.2", vpc: "vpc-a"), at: now).verdict.isEligible)
        #expect(witness.analyze(from: local, to: try end("10.0.1.20", vpc: "vpc-a"), at: now).verdict.isEligible)
        let ambiguous = witness.analyze(from: local, to: try end("10.0.1.2"), at: now).verdict.reasons
        #expect(Set(ambiguous.map(\.code)) == [.pathUnknown])
        let elsewhere = witness.analyze(from: local, to: try end("10.0.1.1", vpc: "vpc-b"), at: now).verdict.reasons
        #expect(!elsewhere.isEmpty)
        #expect(elsewhere.contains { $0.code == .pathUnknown })
    }

    @Test("reports an address of another instance as unknown, with both instances")
    func otherInstance() throws {
        let witness = try witness(Self.network)
        let now = try #require(takenAt) + 60
        let local = try end("10.0.1.1", instance: "i-a1", vpc: "vpc-a")
        #expect(
            witness.analyze(from: local, to: try end("10.0.1.2", instance: "i-a2", vpc: "vpc-a"), at: now).verdict
                .isEligible)
        let reasons = witness.analyze(from: local, to: try end("10.0.1.2", instance: "i-new", vpc: "vpc-a"), at: now)
            .verdict
            .reasons
        let reason = try #require(reasons.first)
        #expect(reasons.count == 1)
        #expect(reason.code == .pathUnknown)
        #expect(reason.observed.contains("i-a2") && reason.required.contains("i-new"), "\(reason)")
    }

    @Test("refuses a VPC in another Region than the facts of its host, whether routes are required or not")
    func otherRegion() throws {
        let witness = try witness(Self.network)
        let now = try #require(takenAt) + 60
        func end(_ address: String, _ region: String) throws -> RouteWitness.End {
            RouteWitness.End(
                address: try #require(IPAddress(address)),
                facts: Facts([.region: Fact(region, .instanceMetadata), .vpc: Fact("vpc-a", .stated)]))
        }
        let right = try (end("10.0.1.1", "us-east-1"), end("10.0.1.2", "us-east-1"))
        #expect(witness.analyze(from: right.0, to: right.1, at: now).verdict.isEligible)
        for pair in [
            (try end("10.0.1.1", "eu-west-1"), right.1), (right.0, try end("10.0.1.2", "eu-west-1")),
            (try end("10.0.1.1", "eu-west-1"), try end("10.0.1.2", "eu-west-1")),
        ] {
            let analysis = witness.analyze(from: pair.0, to: pair.1, at: now)
            let reason = try #require(analysis.verdict.reasons.first)
            #expect(analysis.verdict.reasons.count == 1)
            #expect(reason.code == .identityMismatch)
            #expect(reason.observed == "vpc-a in us-east-1" && reason.required == "vpc-a in eu-west-1", "\(reason)")
            #expect(reason.source == "observed: topology; required: instance metadata")
            var evidence = PathEvidence()
            evidence.routes = analysis
            for reaction in [Reaction.refuse, .require] {
                let evaluated = Case(
                    local: LocalFacts(stated: Facts()), peer: PeerFacts(stated: Facts()), path: evidence,
                    policy: Policy(reactions: [.routes: reaction]))
                #expect(evaluated.reasons(by: [.routes]) == [reason])
            }
        }
    }

    @Test("is fresh up to the maximum age, and unknown if older or from the future")
    func age() throws {
        let witness = try witness(Self.network, maximumAge: .seconds(3600))
        let takenAt = try #require(takenAt)
        #expect(witness.freshUntil == takenAt + 3600)
        let local = try end("10.0.1.1", vpc: "vpc-a")
        let peer = try end("10.0.1.2", vpc: "vpc-a")
        for (seconds, isFresh) in [(0.0, true), (3600, true), (3601, false), (-300, true), (-301, false)] {
            #expect(witness.isFresh(at: takenAt + seconds) == isFresh)
            #expect(witness.analyze(from: local, to: peer, at: takenAt + seconds).verdict.isEligible == isFresh)
        }
        let stale = witness.analyze(from: local, to: peer, at: takenAt + 7200)
        #expect(stale.verdict.reasons.map(\.code) == [.pathUnknown])
        #expect(stale.directions.isEmpty)
    }

    @Test("agrees with the path analysis in the sample network", arguments: PathCase.all)
    func sample(_ pathCase: PathCase) throws {
        let snapshot = try sampleSnapshot()
        let witness = RouteWitness(snapshot)
        let ends = try [pathCase.from, pathCase.to].map { text in
            let found = try #require(snapshot.topology.ends(named: text).first)
            return (found, RouteWitness.End(address: found.address, facts: Facts()))
        }
        let now = snapshot.takenAt + 60
        let direct = PathAnalysis(
            between: ends[0].0, and: ends[1].0, in: snapshot.topology, age: .seconds(60), maximumAge: .seconds(86400))
        #expect(witness.analyze(from: ends[0].1, to: ends[1].1, at: now) == direct)
    }
}
