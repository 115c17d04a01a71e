import FoundationEssentials
import SealaneAEAD
import SealaneFleet
import SealaneIdentity
import SealaneLinux
import SealanePacket

extension Agent: ControlHandler {
    public func status() async throws(ControlError) -> StatusReport {
        try await control.performAfterReports { self.status(by: $0, $0.peerSums()) }
    }

    public func metrics() async throws(ControlError) -> MetricsReport {
        try await control.performAfterReports { loop in
            let sums = loop.peerSums()
            return MetricsReport(
                status: self.status(by: loop, sums), handshakes: loop.handshakes, refusals: sums.refusals,
                lanes: sums.lanes, auditLinesLost: self.auditLog?.lostLineCount,
                logLinesLost: self.log?.lostLineCount ?? 0,
                logLinesSuppressed: loop.peerLines.suppressed.logLines,
                auditLinesSuppressed: loop.peerLines.suppressed.auditLines,
                unlockedSecrets: SecretBytes.unlockedCount, process: try? CurrentProcess.usage(),
                certificateExpiresAt: loop.identities.own?.certificate.validity.upperBound)
        }
    }

    private func status(by loop: borrowing ControlLoop, _ sums: PeerSums) -> StatusReport {
        let agent = configuration.agent
        let readings = loop.dataplane.readings
        let strangers = loop.reportOnStrangers(.ofHost())
        return StatusReport(
            pid: ProcessInfo.processInfo.processIdentifier, interface: agent.interface,
            mtu: loop.device.wanted.mtu,
            listen: "\(agent.listen)", addresses: agent.addresses.map { "\($0)" }, publicKey: "\(publicKey)",
            fleet: configuration.fleetName, startedAt: startedAt.date,
            uptimeSeconds: ReportClock.ofHost().secondsSince(startedAt.now.monotonic),
            perLane: readings.enumerated().map { number, reading in
                StatusReport.LaneStatus(port: agent.listen.port &+ UInt16(number), reading.counters)
            },
            offloads: offloads.states.map { state in
                StatusReport.OffloadStatus(state, losses: readings.flatMap(\.losses))
            }, cipherSuites: suites.map { "\($0)" }, crypto: StatusReport.CryptoStatus(provider),
            instance: InstanceReport(loop.localFacts.facts), rules: loop.policy.relaxedRules,
            instanceMetadata: metadata?.report,
            identity: loop.identities.own.map { CertificateReport($0.certificate) },
            revocations: RevocationListReport.all(of: loop.identities, at: Date()),
            peers: StatusReport.PeerCounts(sums.states, sums.verdicts), traffic: sums.traffic,
            counters: loop.counters(),
            repairs: Dictionary(
                uniqueKeysWithValues: DeviceState.Repair.Kind.allCases.map {
                    ($0.rawValue, loop.device.counts[$0] ?? 0)
                }), overlayFilter: filter.report(), strangers: strangers.isEmpty ? nil : strangers)
    }

    public func peers() async throws(ControlError) -> PeerListReport {
        try await control.performAfterReports { $0.reportOnPeers(.ofHost()) }
    }

    public func peer(named name: String) async throws(ControlError) -> PeerReport {
        try await control.performAfterReports { (loop) throws(ControlError) in
            try loop.report(onPeerNamed: name, .ofHost())
        }
    }

    public func check(peer name: String, source: IPAddress?) async throws(ControlError) -> CheckReport {
        try await control.perform { (loop) throws(ControlError) in
            try loop.check(peerNamed: name, source: source, .ofHost())
        }
    }

    public func add(_ peer: PeerDefinition) async throws(ControlError) -> PeerReport {
        try await control.perform { (loop) throws(ControlError) in
            try loop.add(peer)
            return try loop.report(onPeerNamed: peer.name, .ofHost())
        }
    }

    public func removePeer(named name: String) async throws(ControlError) -> RemovalReport {
        try await control.perform { (loop) throws(ControlError) in try loop.removePeer(named: name) }
        return RemovalReport(removed: name)
    }

    public func reload() async throws(ControlError) -> ReloadReport {
        do throws(ControlError) {
            return try await applyConfiguration()
        } catch {
            logFailure(error)
            throw error
        }
    }

    /// One line for each mistake, up to a number.
    private func logFailure(_ error: ControlError) {
        let limit = 20
        let problems = error.message.split(separator: "\n")
        for problem in problems.prefix(limit) {
            logger.error("configuration not reloaded", metadata: ["why": "\(problem)"])
        }
        if problems.count > limit {
            logger.error("configuration not reloaded", metadata: ["why": "\(problems.count - limit) more problems"])
        }
    }

    private func applyConfiguration() async throws(ControlError) -> ReloadReport {
        // Whatever becomes of the configuration: who rotates logs asks for it this way.
        auditLog?.reopen()
        guard reloads.withLock({ $0.begin() }) else {
            throw ControlError(
                .unavailable,
                "another reload has not ended; the files are read again once it has. If it does not end, look at the files "
                    + "that the configuration names: do their file systems answer?")
        }
        let (reload, applied) = try await readAndApply()
        var report = applied
        if let warning = reload.warningOfPrivateKey {
            logger.warning("\(warning)")
            report.warnings = [warning]
        }
        await readInstanceMetadata()
        return report
    }

    private func readAndApply() async throws(ControlError) -> (Reload, ReloadReport) {
        defer { endReload() }
        let reload = try await readFiles()
        let report = try await control.performAndJudge { (loop) throws(ControlError) in
            ReloadReport(
                ConfigurationChange(from: loop.configuration, to: reload.configuration),
                try loop.apply(reload))
        }
        return (reload, report)
    }

    private func endReload() {
        guard reloads.withLock({ $0.end() }) else { return }
        Task {
            do throws(ControlError) {
                _ = try await reload()
                logger.info("configuration reloaded, as was asked during the reload before")
            } catch {
                // The log has it.
            }
        }
    }

    private func readFiles() async throws(ControlError) -> Reload {
        let basis = try await control.perform { loop in
            Reload.Basis(
                configuration: loop.configuration, identities: loop.identities, roster: loop.roster)
        }
        let result: Result<Reload, ControlError>
        do {
            result = try await LinuxThread.result(name: "sealane-reload") { [configurationPath, publicKey, logger] in
                Result { () throws(ControlError) -> Reload in
                    try Reload.read(configurationPath, over: basis, publicKey: publicKey, logger)
                }
            }
        } catch {
            throw ControlError(.internal, "the configuration cannot be read: \(error)")
        }
        return try result.get()
    }
}
