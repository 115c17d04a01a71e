import FoundationEssentials
import Logging
import SealaneAEAD
import SealaneConfiguration
import SealaneControl
import SealaneDataplane
import SealaneEligibility
import SealaneFleet
import SealaneIdentity
import SealaneLinux
import SealanePacket
import SealaneTunnel
import Synchronization

/// One running agent: its TUN device, lanes, control thread and control socket.
package final class Agent: Sendable {
    let configurationPath: String
    /// As of the start: the keys that a reload changes are the conductor's.
    let configuration: Configuration
    /// As of the start: the tunnel device's follows the underlay.
    let mtu: Int
    let provider: AEADProvider.Choice
    let suites: [CipherSuite]
    /// As of the start; what a lane lost later, its reading tells.
    let offloads: OffloadPlan
    let publicKey: PublicKey
    /// Nil: instance metadata is not asked.
    let metadata: InstanceMetadataWatch?
    let startedAt = ReportClock.ofHost()
    let control: ControlThread
    let filter: OverlayFilterWatch
    /// Nil: there is none.
    let auditLog: AuditLog?
    let logger: Logger
    /// Where `logger` writes; nil: somewhere that does not say what was lost.
    let log: AgentLog?
    /// One at a time.
    let reloads = Lock(Reloads())
    private let dataplane: Dataplane
    private let timestamps: TimestampStore
    /// The device was not there before this start.
    private let isDeviceNew: Bool

    /// Makes the device, gives it its addresses and routes, and starts the lanes. When it throws, nothing is left behind
    /// that was not there before, except for the floor (`OverlayProhibitRoutes`) and the overlay filter, which stand.
    ///
    /// - Parameters:
    ///   - metadata: has been read; what it reads later is taken over by `followInstanceMetadata`. Nil: none is asked.
    ///   - failed: called, on any thread, for each lane that has lost its device or socket for good.
    package init(
        _ configuration: Configuration, path: String, metadata: InstanceMetadataWatch?, logger: Logger,
        log: AgentLog? = nil, failed: @escaping @Sendable (SystemError) -> Void
    ) throws {
        auditLog = try Self.auditLog(of: configuration, logger)
        try Directory.create(configuration.agent.stateDirectory, mode: 0o700)
        let privateKey = try Self.privateKey(of: configuration, logger)
        let roster = try Roster(configuration, publicKey: privateKey.publicKey, logger: logger)
        let certified = try CertifiedPeers(inStateDirectory: configuration.agent.stateDirectory)
        timestamps = try TimestampStore(inStateDirectory: configuration.agent.stateDirectory, logger: logger)
        let hostFacts = metadata?.local ?? LocalFacts(stated: configuration.facts)
        try Self.makeIdentityKey(of: configuration, logger)
        var identities = try Identities(configuration, publicKey: privateKey.publicKey)
        identities.takeNote(logger, by: roster.disk)
        let routes = try RouteWitness(configuration)
        if identities.isAwaitingCertificate, let own = configuration.identity?.own {
            logger.warning(
                "this host has no certificate yet; have one issued, then: sealane reload",
                metadata: [
                    "file": "\(own.certificateFile)",
                    "request": "sealane identity csr --config \(path) --key \(own.keyFile)",
                ])
        }
        let statement = try Self.statement(of: hostFacts.facts, identities, configuration)
        guard Capability.hasNetAdmin else { throw AgentError.missingNetAdmin }
        let interface = configuration.agent.interface
        let ways = try UnderlayPaths.find(for: configuration.agent, to: roster.definitions.map(\.endpoint))
        guard let ways else { throw ListenAddressGone(configuration.agent.listen) }
        mtu = configuration.agent.mtu ?? ways.deviceMTU(for: configuration.agent, roster.definitions)
        ways.warn(of: configuration.agent, roster.definitions, logger)
        self.configuration = configuration
        configurationPath = path
        publicKey = privateKey.publicKey
        self.metadata = metadata
        self.logger = logger
        self.log = log

        // Device and filter of an agent that runs are its own.
        try TunDevice.requireUnused(interface)
        let isNew = NetworkInterface.isAbsent(interface)
        isDeviceNew = isNew
        let provider = try Self.provider(configuration)
        self.provider = provider
        let suites = try Self.suites(configuration)
        self.suites = suites
        let laneCount = configuration.laneCount
        // Before the device is touched, so that no packet of the overlay passes beside the tunnel. It stays if the start fails.
        let filter = try OverlayFilterWatch(
            OverlayFilter.Scope(configuration.agent, laneCount: Int(laneCount)), prefixes: roster.prefixes,
            logger: logger)
        self.filter = filter
        do {
            let ports = try LanePorts(configuration, laneCount: laneCount, mtu: mtu, logger)
            offloads = ports.offloads
            Self.letFloorAnswer(under: interface, logger)
            try InterfaceConfiguration.replaceAddresses(
                of: interface, with: configuration.agent.addresses.map { "\($0)" })
            dataplane = try Dataplane(
                Dataplane.Settings(
                    laneCount: laneCount, provider: provider.provider, offloads: ports.offloads,
                    spins: configuration.lanes.spins,
                    processors: configuration.lanes.processors),
                ports: { number throws(SystemError) in try ports.take(number) }, failed: failed)
        } catch {
            filter.stop()
            // Another agent may have been faster: then it has made the device.
            if isNew, (try? TunDevice.isInUse(interface)) == false { Self.removeDevice(interface, logger) }
            throw error
        }
        do {
            let settings = Tunnel.Settings(
                fleet: configuration.fleetName, suites: suites, listen: configuration.agent.listen,
                laneCount: dataplane.laneCount, interfaceMTU: ways.mtu, statement: statement,
                credential: identities.own?.credential ?? [],
                rekeyAfter: configuration.session.rekeyAfter)
            let device = try DeviceKeeper(
                DeviceState(
                    index: NetworkInterface.index(of: interface), name: interface, mtu: mtu,
                    addresses: configuration.agent.addresses.map { "\($0)" }))
            var conductor = Conductor(
                tunnel: Tunnel(settings: settings, privateKey: privateKey, random: SystemRandomNumberGenerator()),
                dataplane: dataplane, configuration: configuration, hostFacts: hostFacts, identities: identities,
                routes: routes, roster: roster, certified: certified, filter: filter,
                device: device, hasSuperpackets: offloads.ofTun != nil, ways: ways, auditLog: auditLog, logger: logger,
                deviceIsGone: failed)
            conductor.tunnel.remember(timestamps.read())
            conductor.timestamps = timestamps
            auditLog?.record(.agentStarted())
            conductor.followPathPolicy()
            try conductor.followRoster()
            conductor.warnOfBelievedPeers()
            control = try ControlThread(conductor, events: dataplane.events)
        } catch {
            filter.stop()
            dataplane.stop()
            auditLog?.record(.agentStopped())
            auditLog?.finish()
            if isNew { Self.removeDevice(interface, logger) }
            throw error
        }
    }

    /// Reads the instance metadata again from time to time, and has every peer judged by what it says, until the task is
    /// cancelled.
    func followInstanceMetadata() async {
        guard let metadata else { return }
        while true {
            await metadata.waitForNextReading()
            guard !Task.isCancelled else { return }
            await readInstanceMetadata()
        }
    }

    /// Reads it now, if it is asked at all.
    func readInstanceMetadata() async {
        guard let metadata else { return }
        await metadata.read()
        do throws(ControlError) {
            try await control.perform { conductor in conductor.take(metadata.local) }
        } catch {
            logger.error("what instance metadata says was not taken over", metadata: ["why": "\(error)"])
        }
    }

    /// Ends lanes and control thread, wipes the keys, and removes the device with its addresses and routes. Packets for peers
    /// are refused from then on, by the floor.
    package func stop() throws(SystemError) {
        abandon()
        try TunDevice.remove(configuration.agent.interface)
    }

    /// Ends lanes and control thread and leaves the device: packets for peers die there instead of leaving in the clear.
    package func abandon() {
        filter.stop()
        if !control.stop() {
            logger.error(
                "the control thread does not end, the agent ends without it",
                metadata: ["look-at": "does the file system of \(configuration.agent.stateDirectory) answer?"])
        }
        timestamps.close()
        dataplane.stop()
        auditLog?.record(.agentStopped())
        auditLog?.finish()
    }

    /// Ends it after a start that failed later. A device that was there before, with the routes of an agent that was
    /// killed, stays.
    func undoStart() {
        abandon()
        if isDeviceNew { Self.removeDevice(configuration.agent.interface, logger) }
    }

    /// Should the agent be killed, packets for peers are refused at once instead of dying on the device. They do not leave in
    /// the clear either way.
    private static func letFloorAnswer(under interface: String, _ logger: Logger) {
        do throws(SystemError) {
            try InterfaceConfiguration.ignoreRoutesWithoutCarrier(interface)
        } catch {
            logger.notice(
                "applications that send to peers will wait, not fail, while no agent runs after a crash",
                metadata: ["why": "\(error)"])
        }
    }

    private static func removeDevice(_ interface: String, _ logger: Logger) {
        do throws(SystemError) {
            try TunDevice.remove(interface)
        } catch {
            logger.error("the device cannot be removed", metadata: ["why": "\(error)"])
        }
    }

    /// As the configuration says: read, made in memory, or made in the file if there is none.
    private static func privateKey(
        of configuration: Configuration, _ logger: Logger
    ) throws(ConfigurationError) -> StaticPrivateKey {
        var random = SystemRandomNumberGenerator()
        do throws(IdentityError) {
            guard let path = configuration.agent.privateKeyFile else {
                let key = try StaticPrivateKey(drawnFrom: &random)
                logger.notice("private key made, in memory alone", metadata: ["public-key": "\(key.publicKey)"])
                return key
            }
            do throws(IdentityError) {
                return try PrivateKeyFile.read(path)
            } catch  where error.meansNoSuchFile && configuration.agent.generatesKeys {
                let key = try PrivateKeyFile.create(path, using: &random)
                logger.notice("private key made", metadata: ["file": "\(path)", "public-key": "\(key.publicKey)"])
                return key
            }
        } catch {
            let key = configuration.agent.privateKeyFile == nil ? "agent.ephemeral" : "agent.private-key-file"
            throw ConfigurationError(problems: [configuration.source.problem(at: key, "\(error)")])
        }
    }

    /// If the configuration says so, and there is none.
    private static func makeIdentityKey(
        of configuration: Configuration, _ logger: Logger
    ) throws(ConfigurationError) {
        guard configuration.agent.generatesKeys, let path = configuration.identity?.own?.keyFile else { return }
        var random = SystemRandomNumberGenerator()
        do throws(IdentityError) {
            if try IdentityKeyFile.readOrCreate(path, using: &random).isNew {
                logger.notice("identity key made", metadata: ["file": "\(path)"])
            }
        } catch {
            throw ConfigurationError(problems: [configuration.source.problem(at: "identity.key-file", "\(error)")])
        }
    }

    private static func auditLog(
        of configuration: Configuration, _ logger: Logger
    ) throws(ConfigurationError) -> AuditLog? {
        guard let path = configuration.auditLogPath else { return nil }
        do throws(SystemError) {
            return try AuditLog(path: path, logger: logger)
        } catch {
            throw ConfigurationError(problems: [configuration.source.problem(at: "audit-log.path", "\(error)")])
        }
    }

    private static func provider(_ configuration: Configuration) throws(ConfigurationError) -> AEADProvider.Choice {
        do throws(AEADError) {
            return try AEADProvider.choose(configuration.crypto.provider)
        } catch {
            throw ConfigurationError(problems: [configuration.source.problem(at: "crypto.provider", "\(error)")])
        }
    }

    private static func suites(_ configuration: Configuration) throws(ConfigurationError) -> [CipherSuite] {
        let wanted = configuration.crypto.suites ?? CipherSuite.available
        for (index, suite) in wanted.enumerated() where !CipherSuite.available.contains(suite) {
            throw ConfigurationError(problems: [
                configuration.source.problem(at: "crypto.suites[\(index)]", "\(AEADError.suiteUnavailable(suite))")
            ])
        }
        return wanted
    }

    static func statement(
        of facts: Facts, _ identities: Identities, _ configuration: Configuration
    ) throws(ConfigurationError) -> [UInt8] {
        do throws(ClaimsError) {
            return try identities.statement(of: facts)
        } catch {
            throw ConfigurationError(problems: [
                configuration.source.problem(at: "instance", "these facts cannot be sent to a peer: \(error)")
            ])
        }
    }
}

extension NetworkInterface {
    fileprivate static func isAbsent(_ name: String) -> Bool {
        do throws(SystemError) {
            _ = try index(of: name)
            return false
        } catch {
            return true
        }
    }
}
