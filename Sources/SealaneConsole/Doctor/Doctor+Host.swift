import SealaneConfiguration
import SealaneControl
import SealaneIdentity
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// What an agent needs of the host it runs on.
extension Doctor {
    static func capability(isAgentRunning: Bool) -> DoctorReport.Check {
        if Capability.hasNetAdmin { return .init("capability", .ok, "CAP_NET_ADMIN is in effect") }
        if isAgentRunning { return .init("capability", .ok, "the agent that runs has CAP_NET_ADMIN") }
        guard Capability.canHaveNetAdmin else {
            return .init(
                "capability", .problem, "no process here can have CAP_NET_ADMIN: it is not in the bounding set",
                remedy: "give the container or the service that capability")
        }
        return .init(
            "capability", .warning, "this user does not have CAP_NET_ADMIN, which sealaned needs",
            remedy: "start sealaned as root or with that capability, and run this command so as well")
    }

    static func tunDevice() -> DoctorReport.Check {
        do throws(SystemError) {
            try TunDevice.tryDriver()
            return .init("tun-device", .ok, "/dev/net/tun can be opened")
        } catch {
            return .init("tun-device", .problem, "\(error)")
        }
    }

    /// - Returns: also whether sockets can be bound to it now.
    static func listenAddress(_ configuration: Configuration) -> (check: DoctorReport.Check, isUsable: Bool) {
        do {
            let addresses = try HostAddress.all()
            if let problem = configuration.listenProblems(among: addresses).first { return (notThere(problem), false) }
            try configuration.validateReach()
            return (try listenAddressThere(configuration), true)
        } catch {
            return (.init("listen-address", .problem, "\(error)"), false)
        }
    }

    private static func notThere(_ problem: Configuration.ListenProblem) -> DoctorReport.Check {
        let (outcome, remedy): (DoctorReport.Outcome, String) =
            switch problem.kind {
            case .missing, .unbound:
                (.problem, "give this host the address, or correct the configuration; sealaned waits for it")
            case .tentative: (.warning, "sealaned waits for it; if it stays so, see whether the link has a carrier")
            case .duplicate: (.problem, "take the address from one of the two hosts; sealaned does not start with it")
            }
        return .init("listen-address", outcome, "\(problem.problem)", remedy: remedy)
    }

    private static func listenAddressThere(_ configuration: Configuration) throws -> DoctorReport.Check {
        let name = "listen-address"
        let (agent, listen) = (configuration.agent, configuration.agent.listen)
        let address = agent.listening.addressText
        guard let place = agent.socketAddressIfThere, let interface = try NetworkInterface.holding(place) else {
            return .init(name, .problem, "\(ListenAddressGone(listen))")
        }
        guard interface.isUp else {
            return .init(
                name, .problem, "\(interface.name), which has \(address), is down",
                remedy: "ip link set \(interface.name) up")
        }
        let ways = try UnderlayPaths.find(for: agent, to: Self.peers(of: configuration).map(\.endpoint))
        guard let ways else { return .init(name, .problem, "\(ListenAddressGone(listen))") }
        let fitting = ways.carriedByteCount(for: agent)
        let seen = "\(address) is on \(Self.wayOut(ways, from: interface)) of \(fitting) bytes through"
        if let mtu = agent.mtu, mtu > fitting {
            return .init(
                name, .warning, "\(seen); agent.mtu is \(mtu)",
                remedy: "set agent.mtu to at most \(fitting), or leave it out")
        }
        let device = ways.deviceMTU(for: agent, Self.peers(of: configuration))
        if agent.mtu == nil, device > fitting {
            return .init(
                name, .warning, "\(seen), and IPv6 needs \(device)",
                remedy:
                    "raise the MTU of \(ways.exits.map(\.interface).joined(separator: ", ")), or leave out the IPv6 "
                    + "addresses inside the tunnel")
        }
        return .init(name, .ok, seen)
    }

    /// `eth0, whose MTU lets packets`, and by which other interfaces packets to peers leave.
    private static func wayOut(_ ways: UnderlayPaths, from holder: NetworkInterface) -> String {
        if ways.exits.map(\.interface) == [holder.name] { return "\(holder.name), whose MTU lets packets" }
        let least = ways.exits.count == 1 ? "whose MTU lets" : "the least of which lets"
        return ways.leadToPeers
            ? "\(holder.name); packets to peers leave by \(ways.text), \(least) packets"
            : "\(holder.name), and no route leads to a peer; others are \(ways.text), \(least) packets"
    }

    /// - Parameter agent: what the one that runs says, or why none could be asked.
    static func ports(
        _ configuration: Configuration, agent: Result<StatusReport, ControlClientError>?
    ) -> [DoctorReport.Check] {
        let listen = configuration.agent.listen
        let count = configuration.laneCount
        let last = listen.port &+ UInt16(count) &- 1
        let all = count == 1 ? "UDP port \(last)" : "UDP ports \(listen.port) to \(last)"
        if case .success(let agent)? = agent {
            guard agent.listen == "\(listen)" else {
                return [
                    .init(
                        "ports", .warning, "the agent that runs listens on \(agent.listen), not on \(listen)",
                        remedy: "restart it, for the configuration to apply")
                ]
            }
            return [.init("ports", .ok, "\(all): the agent that runs has what it needs")]
        }
        for number in 0..<UInt16(count) {
            let endpoint = Endpoint(address: listen.address, port: listen.port &+ number)
            do throws(SystemError) {
                _ = try UDPSocket.bind(to: try configuration.agent.socketAddress(ofLane: number))
            } catch {
                guard SystemError.meansAddressInUse(error.errno) else {
                    return [.init("ports", .problem, "\(error)")]
                }
                return [taken(endpoint, agent)]
            }
        }
        return [.init("ports", .ok, "\(all): free")]
    }

    private static func taken(
        _ endpoint: Endpoint, _ agent: Result<StatusReport, ControlClientError>?
    ) -> DoctorReport.Check {
        switch agent {
        case nil, .failure(.agentNotRunning)?:
            .init(
                "ports", .problem, "\(endpoint) is taken by another program",
                remedy: "end it (ss -ulnp shows which it is), or set another agent.listen")
        case .success?, .failure?:
            .init(
                "ports", .warning, "\(endpoint) is taken, maybe by the agent that could not be asked",
                remedy: "see what is said of the agent; ss -ulnp, as root, shows whose port it is")
        }
    }

    /// - Parameter agent: the one that runs, if one does.
    static func keys(_ configuration: Configuration, agent: StatusReport?) -> [DoctorReport.Check] {
        let shared = configuration.peers.compactMap(\.presharedKeyFile).map { path in
            key("preshared-key") { () throws(IdentityError) in
                _ = try PresharedKeyFile.read(path)
                return "\(path) is its owner's alone"
            }
        }
        return [privateKey(of: configuration.agent, running: agent)] + shared
    }

    private static func privateKey(of agent: Configuration.Agent, running: StatusReport?) -> DoctorReport.Check {
        guard let path = agent.privateKeyFile else {
            return .init("private-key", .ok, "every start of the agent makes another one, in no file")
        }
        if let running, running.interface == agent.interface, let key = try? PrivateKeyFile.read(path).publicKey,
            "\(key)" != running.publicKey
        {
            return .init(
                "private-key", .warning,
                "\(path) is not the one in use: its public key is \(key), the agent's \(running.publicKey)",
                remedy: "restart sealaned, which then uses this one")
        }
        return key("private-key") { () throws(IdentityError) in
            do throws(IdentityError) {
                let publicKey = try PrivateKeyFile.read(path).publicKey
                return "\(path) is its owner's alone; public key \(publicKey)"
            } catch  where error.meansNoSuchFile && agent.generatesKeys {
                return "\(path) is not there yet: the agent's first start makes it"
            }
        }
    }

    private static func key(
        _ name: String, _ read: () throws(IdentityError) -> String
    ) -> DoctorReport.Check {
        do throws(IdentityError) {
            return .init(name, .ok, try read())
        } catch {
            if case .file(_, let reason) = error, reason.call == "open", reason.advice == nil,
                SystemError.meansNotPermitted(reason.errno)
            {
                return .init(name, .warning, "\(error)", remedy: "run this command as the user that sealaned runs as")
            }
            return .init(name, .problem, "\(error)")
        }
    }

    static func clock() -> DoctorReport.Check {
        // 2026-01-01: no Sealane ran before.
        let seconds = WallClock.now().seconds
        guard seconds >= 1_767_225_600 else {
            return .init(
                "clock", .problem, "it stands \(seconds) s after 1970, before this program was written",
                remedy: "set it: certificates and handshakes are judged by it")
        }
        do throws(SystemError) {
            if try WallClock.isSynchronised() { return .init("clock", .ok, "a time service keeps it right") }
            return .init(
                "clock", .warning, "no time service keeps it right, as far as the kernel knows",
                remedy: "run chrony or systemd-timesyncd: certificates are judged by it")
        } catch {
            return .init("clock", .warning, "whether it is right cannot be told here: \(error)")
        }
    }
}
