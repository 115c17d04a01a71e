import SealaneConfiguration
import SealaneControl
import SealaneLinux

/// Looks at a host with the eyes of an agent, before one runs there or while it does. Changes nothing.
package struct Doctor: Sendable {
    let configurationPath: String
    /// Nil: the configuration's.
    let controlSocket: String?
    let patience: Duration
    let hardwareVendor: String?

    /// - Parameters:
    ///   - patience: with the metadata service, and with the agent.
    ///   - hardwareVendor: who made this machine, as its firmware says; nil: it does not say.
    package init(
        configurationPath: String, controlSocket: String?, patience: Duration = .seconds(2),
        hardwareVendor: String? = HostHardware.vendor
    ) {
        self.configurationPath = configurationPath
        self.controlSocket = controlSocket
        self.patience = patience
        self.hardwareVendor = hardwareVendor
    }

    /// Every check, in an order in which later ones follow from earlier ones. Without a valid configuration, those that
    /// need one are left out.
    package func examine() async -> DoctorReport {
        var checks: [DoctorReport.Check] = []
        let configuration: Configuration?
        do throws(ConfigurationError) {
            let valid = try ConfigurationDecoder.read(configurationPath)
            configuration = valid
            checks.append(
                .init(
                    "configuration", .ok,
                    "\(configurationPath) is valid, with \(ReportStyle.count(valid.peers.count, "peer"))"))
        } catch {
            configuration = nil
            checks += error.problems.map { DoctorReport.Check("configuration", .problem, "\($0)") }
        }
        let socket = controlSocket ?? configuration?.agent.controlSocket
        var agent: Result<StatusReport, ControlClientError>?
        if let socket { agent = await status(ofAgentAt: socket) }
        let status = try? agent?.get()
        checks += [Self.capability(isAgentRunning: status != nil), Self.tunDevice()]
        if let configuration {
            checks.append(Self.tunnelDevice(configuration.agent.interface, agent: agent))
            checks.append(Self.overlayFilter(configuration, agent: status))
            let listen = Self.listenAddress(configuration)
            checks.append(listen.check)
            checks += Self.network(configuration, agent: status)
            if let ipv6 = Self.overlayIPv6(configuration) { checks.append(ipv6) }
            if listen.isUsable { checks += Self.ports(configuration, agent: agent) }
            checks += Self.keys(configuration, agent: status) + Self.ownKeyOfPeers(configuration, agent: status)
            checks += await instance(configuration)
        }
        checks.append(Self.clock())
        if let agent { checks.append(Self.agent(agent)) }
        if let socket, let status { checks += await peers(ofAgentAt: socket, status) }
        return DoctorReport(checks: checks)
    }

    private func status(ofAgentAt socket: String) async -> Result<StatusReport, ControlClientError> {
        do throws(ControlClientError) {
            return .success(try await ControlClient(socketPath: socket, timeout: patience).status().report)
        } catch {
            return .failure(error)
        }
    }

    private func peers(ofAgentAt socket: String, _ status: StatusReport) async -> [DoctorReport.Check] {
        guard let list = try? await ControlClient(socketPath: socket, timeout: patience).peers().report else {
            return []
        }
        return Self.peers(list) + Self.handshakes(of: list.peers, status) + Self.lanes(of: list.peers)
    }

    /// One check for each peer to which lanes carry no packets, or one that says there is none.
    private static func lanes(of peers: [PeerReport]) -> [DoctorReport.Check] {
        let troubles = peers.compactMap { peer in
            peer.laneProblem.map { trouble in
                DoctorReport.Check(
                    "lanes", .problem, "\(peer.name): \(trouble.what); lane 0 carries their packets",
                    remedy: trouble.remedy)
            }
        }
        guard troubles.isEmpty else { return troubles }
        let count = peers.count { $0.session != nil }
        return [.init("lanes", .ok, "all lanes of \(ReportStyle.count(count, "session")) answer or are being tried")]
    }

    private static func agent(_ answer: Result<StatusReport, ControlClientError>) -> DoctorReport.Check {
        switch answer {
        case .success(let status):
            let seen =
                "sealaned \(status.version), pid \(status.pid), up \(TimeSpan.text(seconds: status.uptimeSeconds)), "
                + "peers \(status.peers.text)"
            guard status.version == Release.version else {
                return .init(
                    "agent", .warning, seen, remedy: "restart it: this command is of version \(Release.version)")
            }
            return .init("agent", .ok, seen)
        case .failure(.agentNotRunning(let path)):
            return .init("agent", .warning, "none answers at \(path)", remedy: "start sealaned")
        case .failure(.refused(let error)) where error.code == .unavailable:
            return .init("agent", .warning, error.message)
        case .failure(let error):
            if case .notPermitted = error { return .init("agent", .warning, "\(error)") }
            return .init("agent", .problem, "\(error)")
        }
    }
}
