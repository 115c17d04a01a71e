import FoundationEssentials
import SealaneAEAD
import SealaneConfiguration
import SealaneControl
import SealaneFleet
import SealaneIdentity
import SealaneLinux
import SealanePacket

extension Agent: ControlHandler {
    package func status() async throws(ControlError) -> StatusReport {
        try await control.performAfterReports { self.status(by: $0, $0.peerSums()) }
    }

    package func metrics() async throws(ControlError) -> MetricsReport {
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
            hostReasons: loop.hostReasons.isEmpty ? nil : loop.hostReasons,
            instanceMetadata: metadata?.report,
            identity: loop.identities.own.map { CertificateReport($0.certificate) },
            revocations: loop.identities.revocations.map {
                RevocationListReport.all(of: $0, staleAfter: loop.identities.listsStaleAfter, at: Date())
            },
            peers: StatusReport.PeerCounts(sums.states, sums.verdicts), traffic: sums.traffic,
            counters: loop.counters(),
            repairs: Dictionary(
                uniqueKeysWithValues: DeviceState.Repair.Kind.allCases.map {
                    ($0.rawValue, loop.device.counts[$0] ?? 0)
                }), overlayFilter: filter.report(), strangers: strangers.isEmpty ? nil : strangers)
    }

    package func peers() async throws(ControlError) -> PeerListReport {
        try await control.performAfterReports { $0.reportOnPeers(.ofHost()) }
    }

    package func peer(named name: String) async throws(ControlError) -> PeerReport {
        try await control.performAfterReports { (loop) throws(ControlError) in
            try loop.report(onPeerNamed: name, .ofHost())
        }
    }

    package func check(peer name: String, source: IPAddress?) async throws(ControlError) -> CheckReport {
        try await control.perform { (loop) throws(ControlError) in
            try loop.check(peerNamed: name, source: source, .ofHost())
        }
    }

    package func add(_ peer: PeerDefinition) async throws(ControlError) -> PeerReport {
        try await control.perform { (loop) throws(ControlError) in
            try loop.add(peer)
            return try loop.report(onPeerNamed: peer.name, .ofHost())
        }
    }

    package func removePeer(named name: String) async throws(ControlError) -> RemovalReport {
        try await control.perform { (loop) throws(ControlError) in try loop.removePeer(named: name) }
        return RemovalReport(removed: name)
    }

    package func reload() async throws(ControlError) -> ReloadReport {
        do throws(ControlError) {
            return try await applyConfiguration()
        } catch {
            logFailure(error)
            throw error
        }
    }

    /// Logs one line for each problem, up to a limit.
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
        // Log rotation reloads for this purpose, so it happens even if the configuration is wrong.
        auditLog?.reopen()
        guard reloads.withLock({ $0.begin() }) else {
            throw ControlError(
                .unavailable,
                "another reload is running; the files are read again once it ends. If it does not end, check the files "
                    + "that the configuration names: do their file systems respond?")
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
                logger.info("configuration reloaded, as requested during the previous reload")
            } catch {
                // `reload` has logged it.
            }
        }
    }

    private func readFiles() async throws(ControlError) -> Reload {
        let basis = try await control.perform { loop in
            Reload.Basis(
                configuration: loop.configuration, identities: loop.identities, added: loop.peerSet.added)
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
