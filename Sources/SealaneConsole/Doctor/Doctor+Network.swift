import SealaneConfiguration
import SealaneControl
import SealaneFleet
import SealaneLinux
import SealanePacket

/// Whether packets to peers enter the tunnel or are refused, and never leave in the clear.
extension Doctor {
    /// The peers of the configuration, and those of the peer file if it can be read.
    static func peers(of configuration: Configuration) -> [PeerDefinition] {
        let added = try? PeerFile(inStateDirectory: configuration.agent.stateDirectory).read()
        return configuration.peers + (added ?? [])
    }

    /// - Parameter agent: the running agent's status; nil: no agent runs.
    static func network(_ configuration: Configuration, agent: StatusReport?) -> [DoctorReport.Check] {
        let peers = peers(of: configuration)
        do throws(SystemError) {
            var checks = [try prohibitRoutes(configuration, peers, isAgentRunning: agent != nil)]
            if let agent {
                checks.append(try tunnelInterface(configuration, agent))
                checks.append(try tunnelRoutes(configuration, peers))
            }
            if let rivals = try rivalRoutes(configuration, peers) { checks.append(rivals) }
            return checks
        } catch {
            return [.init("floor", .warning, "the kernel's routes cannot be read: \(error)")]
        }
    }

    private static func prohibitRoutes(
        _ configuration: Configuration, _ peers: [PeerDefinition], isAgentRunning: Bool
    ) throws(SystemError) -> DoctorReport.Check {
        let interface = configuration.agent.interface
        let wanted = OverlayProhibitRoutes.prefixes(configuration.agent.addresses, peers)
        let present = Set(try ProhibitRoutes.prefixes(of: interface))
        let missing = wanted.filter { !present.contains($0) }.sorted()
        if missing.isEmpty {
            return .init(
                "floor", .ok,
                "\(ReportStyle.count(wanted.count, "prefix", "prefixes")) of \(interface) never leave in the clear")
        }
        guard isAgentRunning else {
            return .init(
                "floor", .warning, "packets to \(list(missing)) can leave in the clear",
                remedy: "start sealaned: it makes the kernel refuse them whenever the tunnel does not carry them")
        }
        return .init(
            "floor", .problem, "no route refuses \(list(missing)) when the tunnel does not carry it",
            remedy: "sealane reload restores the routes; find the program that removes them")
    }

    private static func tunnelInterface(
        _ configuration: Configuration, _ agent: StatusReport
    ) throws(SystemError) -> DoctorReport.Check {
        let name = "tunnel-interface"
        let remedy = "sealane reload repairs it; find the program that changes \(agent.interface)"
        guard let interface = try NetworkInterface.all().first(where: { $0.name == agent.interface }) else {
            return .init(name, .problem, "there is no interface \(agent.interface)", remedy: "restart sealaned")
        }
        let held = Set(interface.addresses.map { "\($0.text)/\($0.prefixLength)" })
        let missing = configuration.agent.addresses.map { "\($0)" }.filter { !held.contains($0) }
        let mtu = try NetworkInterface.mtu(of: interface.name)
        var wrong: [String] = []
        if !interface.isUp { wrong.append("it is down") }
        if !missing.isEmpty { wrong.append("it lacks \(list(missing))") }
        if mtu != agent.mtu { wrong.append("its MTU is \(mtu), not \(agent.mtu)") }
        guard wrong.isEmpty else {
            return .init(name, .problem, "\(agent.interface): \(wrong.joined(separator: ", "))", remedy: remedy)
        }
        return .init(name, .ok, "\(agent.interface) is up, with its addresses and an MTU of \(mtu)")
    }

    /// Asks the kernel about every prefix, so that rules and routes of other programs count. Asks from the listen
    /// address as well, because rules may apply to it only.
    private static func tunnelRoutes(
        _ configuration: Configuration, _ peers: [PeerDefinition]
    ) throws(SystemError) -> DoctorReport.Check {
        let name = "tunnel-routes"
        let device = try? NetworkInterface.index(of: configuration.agent.interface)
        var clear: [String] = []
        var refused: [String] = []
        let prefixes = peers.flatMap(\.addresses)
        let listen = configuration.agent.listen
        for prefix in prefixes {
            let answer = try NetworkRoute.answer(to: "\(prefix.sampleAddress)")
            if case .refused = answer { refused.append("\(prefix)") }
            let way = wayAround(device, answer)
            if let way { clear.append("\(prefix) by \(way)") }
            guard way == nil, prefix.address.isIPv4 == listen.address.isIPv4 else { continue }
            let sample = SocketAddress(Endpoint(address: prefix.sampleAddress, port: 0))
            let fromListen = try NetworkRoute.paths(to: [sample], from: SocketAddress(listen)).first
            if let fromListen, let way = wayAround(device, fromListen) {
                clear.append("\(prefix) by \(way), if sent from \(listen.address)")
            }
        }
        if !clear.isEmpty {
            return .init(
                name, .problem, "packets to peers leave in the clear: \(list(clear))",
                remedy: "remove the route or rule (ip route, ip rule) that takes them")
        }
        if !refused.isEmpty {
            return .init(
                name, .warning, "packets to \(list(refused)) are refused, because no route leads into the tunnel",
                remedy: "see sealane status for peers that are left out; sealane reload restores routes")
        }
        return .init(
            name, .ok,
            "\(ReportStyle.count(prefixes.count, "prefix", "prefixes")) of peers lead into \(configuration.agent.interface)"
        )
    }

    /// The first interface, other than the tunnel device, through which packets leave.
    private static func wayAround(_ device: Int32?, _ answer: NetworkRoute.Answer) -> String? {
        guard case .out(let hops) = answer, let hop = hops.first(where: { $0.interfaceIndex != device }) else {
            return nil
        }
        return NetworkInterface.name(of: hop.interfaceIndex) ?? "no interface"
    }

    /// Routes of other programs inside a prefix that must not leave in the clear. They are more specific than
    /// Sealane's, or come first.
    private static func rivalRoutes(
        _ configuration: Configuration, _ peers: [PeerDefinition]
    ) throws(SystemError) -> DoctorReport.Check? {
        let device = try? NetworkInterface.index(of: configuration.agent.interface)
        let prohibited = OverlayProhibitRoutes.prefixes(configuration.agent.addresses, peers).compactMap {
            IPPrefix($0)
        }
        let table = PrefixTable(prohibited.map { ($0, UInt32($0.length)) })
        var rivals: [String] = []
        for route in try KernelRoute.all()
        where route.kind == .unicast && route.interfaceIndex != device
            && route.protocolNumber != InterfaceConfiguration.routeProtocol
        {
            // Every interface has its own route for fe80::/10.
            guard let prefix = IPPrefix(route.prefix), !prefix.address.isIPv6LinkLocal else { continue }
            let length = table.lookup(prefix.address)
            guard length >= 0, prefix.length >= length else { continue }
            let way = NetworkInterface.name(of: route.interfaceIndex) ?? "no interface"
            rivals.append(
                "\(prefix) by \(way)"
                    + (route.table == InterfaceConfiguration.mainTable ? "" : ", table \(route.table)"))
        }
        guard !rivals.isEmpty else { return nil }
        return .init(
            "rival-routes", .warning,
            "other programs route parts of prefixes that must not leave in the clear: \(list(rivals.sorted()))",
            remedy: "these packets bypass the tunnel: remove the routes, or give peers other addresses")
    }

    static func list(_ all: [String]) -> String {
        all.prefix(4).joined(separator: ", ") + (all.count > 4 ? " and \(all.count - 4) more" : "")
    }
}
