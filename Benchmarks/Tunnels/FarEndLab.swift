import Foundation
import NetworkLab
import TestSupport
import TunnelFigures

/// An agent on host 0, and a program on host 1 that simulates all of its peers.
struct FarEndLab {
    typealias Sample = ScaleBench.Sample

    let count: Int
    /// The duration of one measurement.
    let seconds: Double
    let lab: Lab

    /// Gives inner packets of 1,400 bytes.
    private static let payloadByteCount = 1372
    private static let headerByteCount = 28

    func measure() async throws -> [Sample] {
        let (agent, publicKey) = try await startAgent()
        try await lab.awaitAgent(agent, of: 0)
        try await lab.run(0, ["ip", "route", "replace", FarEndPlan.outerPrefix, "via", "10.77.0.2"])
        try await lab.run(1, ["sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])
        try await makeDevice()
        let farEnds = try await startFarEnds(publicKey)
        var samples = try await introduce(farEnds)
        // The measured load must not include the agent's remaining work for the handshakes.
        _ = try await fan("--seconds", "0.5")
        samples += try await load(agent, farEnds, inRow: Fan.batch, .activePeersInRuns)
        samples += try await load(agent, farEnds, inRow: 1, .activePeersInTurn)
        let memory = Double(agent.residentByteCount)
        samples.append(Sample(value: memory, figure: .memory, curve: .activePeersInRuns, x: Double(count)))
        await lab.end(farEnds)
        if count >= 100 { samples += try await handshakes(agent, publicKey) }
        return samples
    }

    private func startAgent() async throws -> (agent: Program, publicKey: String) {
        let key = lab.path("sealane-0.key")
        let folder = lab.programs
        let publicKey = try await lab.run(
            0,
            [
                "sh", "-ec",
                "umask 077; \(folder)/sealane key generate > \(key); \(folder)/sealane key public < \(key)",
            ])
        let path = try lab.network.directory.write(
            """
            agent:
              interface: sealane0
              listen: \(FarEndPlan.agentEndpoint)
              addresses: [\(FarEndPlan.agentAddress)/24]
              private-key-file: \(key)
              state-directory: \(lab.path("sealane-0.state"))
              control-socket: \(lab.path("sealane-0.sock"))
            instance: {id: i-00, type: c5n.large, region: us-east-1, vpc: vpc-0a}
            lanes: {count: 1}
            # The host of the far ends is a router on their path.
            policy: {path: {hops: 1}}
            peers:
            \(try FarEndPlan.peerEntries(count))
            """, to: "sealane-0.yaml")
        let agent = try lab.network.start(0, ["\(folder)/sealaned", "--config", path])
        return (agent, publicKey.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Creates the far ends' device, with a queue that is long enough for a burst of packets to all of them.
    private func makeDevice() async throws {
        let device = FarEndNetwork.device
        // The previous scenario may have left one.
        _ = try await lab.network.run(1, "ip", "tuntap", "delete", device, "mode", "tun")
        try await lab.run(1, ["ip", "tuntap", "add", device, "mode", "tun", "vnet_hdr"])
        try await lab.run(1, ["ip", "link", "set", device, "txqueuelen", "\(max(500, 4 * count))"])
    }

    private func startFarEnds(_ agentKey: String, _ options: String...) async throws -> Program {
        let program = try lab.network.start(
            1, [lab.ownPath, "load", "far-ends", "--count", "\(count)", "--agent-key", agentKey] + options)
        try await eventually(within: .seconds(30), "the far ends are ready: \(program.lastLines)") {
            guard program.isRunning else { throw Failure("the far ends ended: \(program.lastLines)") }
            return program.output.contains("ready")
        }
        return program
    }

    /// The last report of the far ends.
    private func report(of farEnds: Program) throws -> FarEndsReport {
        let output = farEnds.output
        guard let end = output.lastIndex(of: "\n"),
            let line = output[..<end].split(separator: "\n").last(where: { $0.hasPrefix("{") })
        else { return FarEndsReport() }
        return try JSONDecoder().decode(FarEndsReport.self, from: Data(line.utf8))
    }

    private func fan(_ arguments: String...) async throws -> FanReport {
        try await lab.load(
            FanReport.self,
            ["fan", "--count", "\(count)", "--size", "\(Self.payloadByteCount)"] + arguments)
    }

    /// Sends a first packet to each far end, which creates the sessions.
    private func introduce(_ farEnds: Program) async throws -> [Sample] {
        _ = try await fan("--apart", "2")
        try await eventually(within: .seconds(30), "all \(count) far ends have a packet") {
            try report(of: farEnds).reached == count
        }
        let last = try report(of: farEnds)
        let median = Sample(value: last.delayP50, figure: .setUpP50, curve: .sessions, x: Double(count))
        // The 99th percentile of fewer values is the greatest of them.
        guard count >= 100 else { return [median] }
        return [median, Sample(value: last.delayP99, figure: .setUpP99, curve: .sessions, x: Double(count))]
    }

    private func load(_ agent: Program, _ farEnds: Program, inRow: Int, _ curve: Curve) async throws -> [Sample] {
        let before = try await settledReport(of: farEnds)
        let trafficBefore = try await lab.traffic(ofAgent: 0)
        let secondsBefore = try agent.processorSeconds
        let fan = try await fan("--in-row", "\(inRow)", "--seconds", "\(seconds)")
        let agentSeconds = try agent.processorSeconds - secondsBefore
        let traffic = try await lab.traffic(ofAgent: 0)
        let after = try await settledReport(of: farEnds)
        let packets = Double(after.packets - before.packets)
        guard packets > 0, fan.stalls < 10 else {
            throw Failure("\(packets) of \(fan.sent) packets arrived at the far ends, with \(fan.stalls) stalls")
        }
        let payload = Double(after.bytes - before.bytes) - packets * Double(Self.headerByteCount)
        let sealed = Double(traffic.sentPackets - trafficBefore.sentPackets)
        let x = Double(count)
        return [
            Sample(value: payload * 8 / fan.seconds, figure: .throughput, curve: curve, x: x),
            Sample(value: packets / fan.seconds, figure: .packets, curve: curve, x: x),
            Sample(value: agentSeconds / sealed, figure: .senderCost, curve: curve, x: x),
        ]
    }

    /// The report of the far ends after no more packets arrive.
    private func settledReport(of farEnds: Program) async throws -> FarEndsReport {
        var last = try report(of: farEnds)
        var unchanged = 0
        // They report changes every 20 ms.
        try await eventually(within: .seconds(5), "the far ends report no change for 100 ms") {
            let next = try report(of: farEnds)
            unchanged = next == last ? unchanged + 1 : 0
            last = next
            return unchanged >= 5
        }
        return last
    }

    /// Starts the same far ends again, which all begin a handshake with the agent.
    private func handshakes(_ agent: Program, _ publicKey: String) async throws -> [Sample] {
        let before = try agent.processorSeconds
        let farEnds = try await startFarEnds(publicKey, "--initiate")
        try await eventually(within: .seconds(60), "all \(count) far ends have a session") {
            try report(of: farEnds).established == count
        }
        let after = try agent.processorSeconds
        let last = try report(of: farEnds)
        await lab.end(farEnds)
        let seconds = Double(last.establishedAt - last.begunAt) / 1e9
        let x = Double(count)
        return [
            Sample(value: x / seconds, figure: .handshakes, curve: .sessions, x: x),
            Sample(
                value: (after - before) / x, figure: .handshakeCost, curve: .sessions, x: x),
        ]
    }
}
