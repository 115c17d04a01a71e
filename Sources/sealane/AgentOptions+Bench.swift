import SealaneBench
import SealaneControl
import SealaneFigures
import SealaneLinux
import SealanePacket

extension AgentOptions {
    /// Asks the agent of this host. Returns nil if the agent does not answer or does not have these addresses.
    var lookup: AgentLookup {
        let client = client
        return AgentLookup { local, peers in
            guard let status = try? await client.status().report,
                let all = try? await client.peers().report.peers,
                let peer = all.first(where: { peer in peer.prefixes.contains { peers.contains(where: $0.contains) } })
            else { return nil }
            let own = status.addresses.compactMap { IPPrefix($0)?.address }
            let address = local ?? own.first { own in peers.contains { $0.isIPv4 == own.isIPv4 } }
            guard let address, own.contains(address) else { return nil }
            let name = try? AtomicFile.read("/proc/\(status.pid)/comm", maximumByteCount: 64)
            return AgentLookup.Found(
                agent: BenchAgent(
                    version: status.version, interface: status.interface, mtu: status.mtu, address: "\(address)",
                    cipherSuite: peer.session?.suite ?? status.cipherSuites.first ?? "unknown",
                    provider: status.crypto.provider, lanes: status.lanes,
                    offloads: status.offloads.map { .init(name: $0.name, on: $0.on, reason: $0.reason) }),
                // An agent in a PID namespace of its own reports another number than this host uses.
                pid: name == Array("sealaned\n".utf8) ? status.pid : nil)
        }
    }
}

extension PeerReport {
    fileprivate var prefixes: [IPPrefix] { addresses.compactMap { IPPrefix($0) } }

    /// The first overlay address that belongs to the peer alone; nil if the peer has only networks.
    var tunnelAddress: IPAddress? { prefixes.first { $0.isHostRoute }?.address }
}
