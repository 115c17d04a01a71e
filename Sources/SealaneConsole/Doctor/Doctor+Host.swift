import SealaneConfiguration
import SealaneControl
import SealaneIdentity
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// What an agent needs from its host.
extension Doctor {
    static func capability(isAgentRunning: Bool) -> DoctorReport.Check {
        if Capability.hasNetAdmin { return .init("capability", .ok, "CAP_NET_ADMIN is in effect") }
        if isAgentRunning { return .init("capability", .ok, "the agent that runs has CAP_NET_ADMIN") }
        guard Capability.canHaveNetAdmin else {
            return .init(
                "capability", .problem, "no process here can have CAP_NET_ADMIN: the bounding set lacks it",
                remedy: "give the container or the service that capability")
        }
        return .init(
            "capability", .warning, "this user does not have CAP_NET_ADMIN, which sealaned needs",
            remedy: "start sealaned as root or with that capability, and run this command the same way")
    }

    static func tunDevice() -> DoctorReport.Check {
        do throws(SystemError) {
            try TunDevice.tryDriver()
            return .init("tun-device", .ok, "/dev/net/tun can be opened")
        } catch {
            return .init("tun-device", .problem, "\(error)")
        }
    }

    /// - Returns: the check, and whether sockets can be bound to the address now.
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
            case .tentative:
                (.warning, "sealaned waits for it; if it stays tentative, check whether the link has a carrier")
            case .duplicate: (.problem, "remove the address from one of the two hosts; sealaned does not start with it")
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
        let paths = try UnderlayPaths.find(for: agent, to: Self.peers(of: configuration).map(\.endpoint))
        guard let paths else { return .init(name, .problem, "\(ListenAddressGone(listen))") }
        let fitting = paths.carriedByteCount(for: agent)
        let seen = "\(address) is on \(Self.exit(paths, from: interface)) of \(fitting) bytes through"
        if let mtu = agent.mtu, mtu > fitting {
            return .init(
                name, .warning, "\(seen); agent.mtu is \(mtu)",
                remedy: "set agent.mtu to at most \(fitting), or leave it out")
        }
        let device = paths.deviceMTU(for: agent, Self.peers(of: configuration))
        if agent.mtu == nil, device > fitting {
            return .init(
                name, .warning, "\(seen), and IPv6 needs \(device)",
                remedy:
                    "raise the MTU of \(paths.exits.map(\.interface).joined(separator: ", ")), or leave out the IPv6 "
                    + "addresses inside the tunnel")
        }
        return .init(name, .ok, seen)
    }

    /// `eth0, whose MTU lets packets`, and the other interfaces through which packets to peers leave.
    private static func exit(_ paths: UnderlayPaths, from holder: NetworkInterface) -> String {
        if paths.exits.map(\.interface) == [holder.name] { return "\(holder.name), whose MTU lets packets" }
        let least = paths.exits.count == 1 ? "whose MTU lets" : "and the smallest of their MTUs lets"
        return paths.leadToPeers
            ? "\(holder.name); packets to peers leave by \(paths.text), \(least) packets"
            : "\(holder.name), and no route leads to a peer; other interfaces: \(paths.text), \(least) packets"
    }

    /// - Parameter agent: the running agent's status, or why it could not be asked.
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
                        "ports", .warning, "the running agent listens on \(agent.listen), not on \(listen)",
                        remedy: "restart sealaned to apply the configuration")
                ]
            }
            return [.init("ports", .ok, "\(all): the running agent has them")]
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
                "ports", .problem, "another program uses \(endpoint)",
                remedy: "end that program (ss -ulnp shows it), or set another agent.listen")
        case .success?, .failure?:
            .init(
                "ports", .warning, "\(endpoint) is in use, maybe by the agent, which could not be asked",
                remedy: "see the check of the agent; as root, ss -ulnp shows which program uses the port")
        }
    }

    /// - Parameter agent: the running agent's status; nil: no agent runs.
    static func keys(_ configuration: Configuration, agent: StatusReport?) -> [DoctorReport.Check] {
        let shared = configuration.peers.compactMap(\.presharedKeyFile).map { path in
            key("preshared-key") { () throws(IdentityError) in
                _ = try PresharedKeyFile.read(path)
                return "only its owner can read \(path)"
            }
        }
        return [privateKey(of: configuration.agent, running: agent)] + shared
    }

    private static func privateKey(of agent: Configuration.Agent, running: StatusReport?) -> DoctorReport.Check {
        guard let path = agent.privateKeyFile else {
            return .init("private-key", .ok, "every start of the agent draws a new one, stored in no file")
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
                return "only its owner can read \(path); public key \(publicKey)"
            } catch  where error.meansNoSuchFile && agent.generatesKeys {
                return "\(path) does not exist yet: the agent's first start creates it"
            }
        }
    }

    private static func key(
        _ name: String, _ read: () throws(IdentityError) -> String
    ) -> DoctorReport.Check {
        do throws(IdentityError) {
            return .init(name, .ok, try read())
        } catch {
            if case .file(_, let reason) = error, reason.meansDenied {
                return .init(name, .warning, "\(error)", remedy: "run this command as the user that sealaned runs as")
            }
            return .init(name, .problem, "\(error)")
        }
    }

    static func clock() -> DoctorReport.Check {
        // 2026-01-01, before the first version of Sealane.
        let seconds = WallClock.now().seconds
        guard seconds >= 1_767_225_600 else {
            return .init(
                "clock", .problem, "it shows \(seconds) s after 1970, which is before this program was written",
                remedy: "set it: certificates and handshakes depend on it")
        }
        do throws(SystemError) {
            if try WallClock.isSynchronised() { return .init("clock", .ok, "a time service keeps it synchronized") }
            return .init(
                "clock", .warning, "the kernel knows of no time service that keeps it synchronized",
                remedy: "run chrony or systemd-timesyncd: certificates depend on the clock")
        } catch {
            return .init("clock", .warning, "its state is unknown: \(error)")
        }
    }
}
