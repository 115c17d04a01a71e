import SealaneFleet
import SealaneLinux
import SealanePacket

/// Checks of a configuration against the host that it is for.
extension Configuration {
    /// Checks that this host has the addresses to listen on, tentative ones included, and that they can reach the
    /// peers.
    package func validate(hostAddresses: [HostAddress]) throws(ConfigurationError) {
        let lasting = listenProblems(among: hostAddresses).filter { $0.kind != .tentative }.map(\.problem)
        let found = lasting + reachProblems
        guard found.isEmpty else { throw ConfigurationError(problems: found) }
    }

    /// Checks that `agent.listen` can reach every peer.
    package func validateReach() throws(ConfigurationError) {
        let problems = reachProblems
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }

    /// Problems with `agent.listen` and `metrics.listen`, judged by the kernel's list of addresses.
    package func listenProblems(among addresses: [HostAddress]) -> [ListenProblem] {
        var known = addresses
        let own = problem(of: agent.listening, at: "agent.listen", known)
        // The agent itself brings up the overlay addresses.
        known += agent.addresses.map { prefix in
            HostAddress(
                address: SocketAddress(Endpoint(address: prefix.address, port: 0)), interface: agent.interface)
        }
        let metrics = metricsListen.flatMap { problem(of: ListenEndpoint(endpoint: $0), at: "metrics.listen", known) }
        return [own, metrics].compactMap(\.self)
    }

    private func problem(
        of listen: ListenEndpoint, at path: String, _ known: [HostAddress]
    ) -> ListenProblem? {
        let held = known.filter { host in
            Endpoint(host.address).address == listen.endpoint.address
                && (listen.zone == nil || listen.zone == host.interface)
        }
        func found(_ kind: ListenProblem.Kind, _ message: String) -> ListenProblem {
            ListenProblem(kind: kind, problem: source.problem(at: path, message))
        }
        if held.contains(where: { $0.state == .usable }) { return nil }
        if let host = held.first(where: { $0.state == .tentative }) {
            return found(
                .tentative,
                "\(listen.addressText) on \(host.interface) is tentative: duplicate address detection has not finished")
        }
        if let host = held.first {
            return found(
                .duplicate,
                "\(listen.addressText) on \(host.interface) is not usable: duplicate address detection (DADFAILED) has "
                    + "found another host with it; expected an address that only this host has")
        }
        let fitting = Set(
            known.filter { $0.state != .duplicate && $0.address.isIPv4 == listen.endpoint.address.isIPv4 }
                .map { host in
                    let address = Endpoint(host.address).address
                    return "\(address)" + (address.isIPv6LinkLocal ? "%\(host.interface)" : "")
                }
        ).sorted()
        let expected = fitting.isEmpty ? "this host has no address of that family" : "expected \(Self.oneOf(fitting))"
        return found(.missing, "\(listen.addressText) is not an address of this host; \(expected)")
    }

    static func oneOf(_ words: [String]) -> String {
        words.count == 1 ? words[0] : "one of " + words.joined(separator: ", ")
    }

    private var reachProblems: [ConfigurationProblem] {
        peers.enumerated().compactMap { index, peer in
            PeerConflict.reachProblem(of: peer, listen: agent.listen).map {
                source.problem(at: "peers[\(index)].endpoint", "endpoint of peer \(peer.name): \($0)")
            }
        }
    }

    /// The configured number of lanes, or one chosen by the number of processors.
    package var laneCount: UInt8 {
        lanes.count
            ?? LaneCount.suggested(forProcessors: CurrentProcess.processorCount, firstPort: agent.listen.port)
    }
}

extension Configuration.Agent {
    /// `listen` with the interface of a link-local address.
    package var listening: ListenEndpoint { ListenEndpoint(endpoint: listen, zone: listenZone) }

    /// The address on which lane `number` receives. Throws if the interface of a link-local address does not exist.
    package func socketAddress(ofLane number: UInt16 = 0) throws(SystemError) -> SocketAddress {
        let scope = try listenZone.map { name throws(SystemError) in try NetworkInterface.index(of: name) } ?? 0
        return SocketAddress(
            high: listen.address.high, low: listen.address.low, port: listen.port &+ number,
            scope: UInt32(bitPattern: scope))
    }

    /// The address on which lane 0 receives; nil: the interface of a link-local address does not exist.
    package var socketAddressIfThere: SocketAddress? { try? socketAddress() }
}
