import SealaneConfiguration
import SealaneControl
import SealaneEligibility
import SealaneLinux

/// Checks whether an agent can run on this host, or runs well on it. Changes nothing.
package struct Doctor: Sendable {
    let configurationPath: String
    /// Nil: the one of the configuration.
    let controlSocket: String?
    let patience: Duration
    let hardwareVendor: String?

    /// - Parameters:
    ///   - patience: the time limit for the metadata service, and for the agent.
    ///   - hardwareVendor: the maker of this machine, from its firmware; nil: unknown.
    package init(
        configurationPath: String, controlSocket: String?, patience: Duration = .seconds(2),
        hardwareVendor: String? = HostHardware.vendor
    ) {
        self.configurationPath = configurationPath
        self.controlSocket = controlSocket
        self.patience = patience
        self.hardwareVendor = hardwareVendor
    }

    /// Runs all checks, the basic ones first. Leaves out those that need a valid configuration if there is none.
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

    /// One check for each peer with lanes that carry no packets, or one check if there is no such peer.
    private static func lanes(of peers: [PeerReport]) -> [DoctorReport.Check] {
        let problems = peers.compactMap { peer in
            peer.laneProblem.map { problem in
                DoctorReport.Check(
                    "lanes", .problem, "\(peer.name): \(problem.what); lane 0 carries their packets",
                    remedy: problem.remedy)
            }
        }
        guard problems.isEmpty else { return problems }
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
                    "agent", .warning, seen, remedy: "restart sealaned: this command has version \(Release.version)")
            }
            return .init("agent", .ok, seen)
        case .failure(.agentNotRunning(let path)):
            return .init("agent", .warning, "no agent answers at \(path)", remedy: "start sealaned")
        case .failure(.refused(let error)) where error.code == .unavailable:
            return .init("agent", .warning, error.message)
        case .failure(let error):
            if case .notPermitted = error { return .init("agent", .warning, "\(error)") }
            return .init("agent", .problem, "\(error)")
        }
    }
}
