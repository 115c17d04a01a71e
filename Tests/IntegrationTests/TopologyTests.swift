import Foundation
import NetworkLab
import SealaneConsole
import SealaneControl
import SealaneFleet
import TestSupport
import Testing

/// `sealane topology` with moto in place of AWS. It needs no agent and no network.
@Suite(.enabled(if: Moto.isAvailable, .init(rawValue: Moto.lack)))
struct TopologyTests {
    @Test(.timeLimit(.minutes(60)))
    func `pull reads topologies from moto, and path applies the rules of AWS`() async throws {
        let directory = try ScratchDirectory()
        let moto = try await Moto(in: directory)
        let sample = try TopologyFile(path: try directory.write(SampleNetwork.yaml, to: "sample.yaml")).read()
        let network = try await MotoNetwork(sample.topology, in: moto)
        func run(_ arguments: [String]) async throws -> Outcome {
            let command = [Host.programs.appending(path: "sealane").path, "topology"] + arguments
            let program = try Program(
                command, in: directory, environment: moto.environment.merging(["PATH": Moto.path]) { $1 })
            let status = await program.status(within: .seconds(120))
            return Outcome(arguments: command, status: status, output: program.output)
        }

        let file = directory.path("topology.json")
        let pulled = try await run(["pull", "--region", "us-east-1", "--region", "us-west-2", "--file", file])
        #expect(try pulled.success.hasPrefix("\(file)\n  account  123456789012\n  regions  us-east-1, us-west-2\n"))

        let snapshot = try TopologyFile(path: file).read()
        // Each Region has a default VPC.
        #expect(snapshot.topology.vpcs.count == sample.topology.vpcs.count + 2)
        #expect(snapshot.topology.peerings.count == sample.topology.peerings.count)
        #expect(snapshot.topology.prefixLists.count == sample.topology.prefixLists.count)
        #expect(snapshot.topology.instances[network.id("i-b1")]?.type == "c6in.large")
        #expect(snapshot.topology.interfaces[network.id("eni-fw2")]?.instance == network.id("i-fw"))
        #expect(snapshot.topology.interfaces[network.id("eni-fw2")]?.deviceIndex == 1)

        for pathCase in PathCase.all where pathCase.lackingInMoto == nil {
            let outcome = try await run(["path", pathCase.from, pathCase.to, "--file", file, "--json"])
            let passes = pathCase.there == nil && pathCase.back == nil && pathCase.ends.isEmpty
            guard outcome.status == (passes ? 0 : 3) else {
                Issue.record("\(pathCase): \(outcome)")
                continue
            }
            let report = try ReportSchema.decode(PathReport.self, from: Array(outcome.output.utf8))
            #expect(report.there?.reasons.map(\.code.rawValue) == (pathCase.there.map { [$0] } ?? []), "\(pathCase)")
            #expect(report.back?.reasons.map(\.code.rawValue) == (pathCase.back.map { [$0] } ?? []), "\(pathCase)")
            #expect(report.reasons.map(\.code.rawValue) == pathCase.ends, "\(pathCase)")
            let reasons = report.verdict.reasons.map(\.description).joined(separator: "\n")
            for name in pathCase.names { #expect(reasons.contains(network.id(name)), "\(pathCase): \(reasons)") }
        }

        let instances = try await run(["path", network.id("i-a3"), network.id("i-a4"), "--file", file])
        #expect(instances.status == 3)
        #expect(instances.output.hasPrefix("\(network.id("i-a3")) and \(network.id("i-a4"))  refused, 2 reasons\n"))
        #expect(instances.output.contains("    path-device  "))
        #expect(instances.output.contains("10.0.4.0/24 by \(network.id("eni-fw"))"))
    }
}
